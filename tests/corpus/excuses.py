# SPDX-License-Identifier: Apache-2.0
"""Where gdb is wrong or blind, with the proof. A row is known by the beginning of its name."""

MUSL = "musl has no unwind information: gdb takes words from the stack that no call left behind"

# The names of the outermost frames, as the source has them; None: nameless. Where an event has just these, gdb is not asked.
CHAINS = [
    ("musl handler", ["do_handler", "main", None], MUSL),
    ("musl abort", ["do_abort", "main", None], MUSL),
    ("musl loop", ["do_clock", "main", None], MUSL),
    ("musl static null call", ["do_null_call", "main", None], MUSL),
]

# A row, a part of the line that tells of a difference, why it is none.
EXCUSES = []
