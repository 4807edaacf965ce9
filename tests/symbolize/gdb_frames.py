# SPDX-License-Identifier: Apache-2.0
"""Inside gdb: prints the frames of the thread TID as lines "pc, name, inlined, signal, behind a call"."""
import os

import gdb
from gdb.unwinder import Unwinder, register_unwinder

# mov $__NR_rt_sigreturn,%rax; syscall: what a handler returns to. gdb knows it by its name only, __restore_rt or none.
RESTORER = b"\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05"
SAVED = "r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx rsp rip".split()  # struct sigcontext, at 40 of the ucontext


def at_restorer(pc):
    try:
        return gdb.selected_inferior().read_memory(pc, len(RESTORER)).tobytes() == RESTORER
    except (gdb.MemoryError, OverflowError):
        return False


class Frame:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class Restorer(Unwinder):
    """The registers of what a signal interrupted are in the frame that the kernel made."""

    def __init__(self):
        super().__init__("restorer")

    def __call__(self, pending):
        pc, sp = (int(pending.read_register(name)) & (1 << 64) - 1 for name in ("rip", "rsp"))
        known = gdb.execute("info symbol %d" % pc, to_string=True).startswith(("__restore_rt", "No symbol"))
        if known or not at_restorer(pc):
            return None
        info = pending.create_unwind_info(Frame(gdb.Value(sp), gdb.Value(pc)))
        for i, register in enumerate(SAVED):
            bytes = gdb.selected_inferior().read_memory(sp + 40 + 8 * i, 8).tobytes()
            info.add_saved_register(register, gdb.Value(bytes, pending.read_register(register).type))
        return info


register_unwinder(None, Restorer())

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
                                            kind == gdb.SIGTRAMP_FRAME or at_restorer(frame.pc()), behind_call(frame.pc())))
    count += 1
    try:
        frame = frame.older()
    except gdb.error:
        break
