# SPDX-License-Identifier: Apache-2.0
"""Names of functions as debuggers spell them."""
import re

ALIASES = {"__libc_start_main_impl": "__libc_start_main", "panic_handler": "rust_begin_unwind"}  # of one function


def base(name):
    """The last component of a name without parameters and template arguments, in which debuggers' spellings agree."""
    name = re.sub(r"\s*\[clone .*|\[cold\]$", "", name).replace("operator()", "operator_call").replace("(anonymous namespace)", "anon")
    name = re.sub(r"::h[0-9a-f]{16}$", "", name)
    before = None
    while before != name:
        before = name
        name = re.sub(r"\([^()]*\)|<[^<>]*>|\{[^{}]*\}", "", name)
    name = re.sub(r"\.(part|cold|constprop|isra|lto_priv)\b.*", "", re.sub(r"\s*const$", "", name))
    parts = [p for p in name.split("::") if p.strip()]
    name = (parts[-1].split(" ")[-1] if parts else "").split("@@")[0]
    return ALIASES.get(name, name)
