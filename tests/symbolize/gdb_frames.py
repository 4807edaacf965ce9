# SPDX-License-Identifier: Apache-2.0
"""Inside gdb: prints the frames of the thread TID as lines "pc, name, inlined, signal, behind a call"."""
import os

import gdb


def behind_call(pc):
    """Whether the bytes before pc can be a call: else gdb took some word of the stack for a return address."""
    try:
        code = gdb.selected_inferior().read_memory(pc - 8, 8).tobytes()
    except (gdb.MemoryError, OverflowError):
        return False
    return code[3] == 0xE8 or any(code[-n] == 0xFF and code[1 - n] >> 3 & 7 == 2 for n in (2, 3, 4, 6, 7))


tid = int(os.environ["TID"])
for thread in gdb.selected_inferior().threads():
    if thread.ptid[1] == tid:
        thread.switch()
frame = gdb.newest_frame()
count = 0
while frame is not None and count < 200:
    kind = frame.type()
    if kind != gdb.TAILCALL_FRAME:  # not on the stack: gdb concludes them from the debug information
        print("gdb\t%#x\t%s\t%d\t%d\t%d" % (frame.pc(), frame.name() or "", kind == gdb.INLINE_FRAME,
                                            kind == gdb.SIGTRAMP_FRAME, behind_call(frame.pc())))
    count += 1
    try:
        frame = frame.older()
    except gdb.error:
        break
