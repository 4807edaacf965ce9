# SPDX-License-Identifier: Apache-2.0
def load():
    exec(compile("x = (1,\ny = 2\n", "plugin.py", "exec"))


load()
