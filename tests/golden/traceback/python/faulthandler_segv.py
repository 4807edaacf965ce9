# SPDX-License-Identifier: Apache-2.0
import faulthandler
import os
import signal

faulthandler.enable()


def crash():
    os.kill(os.getpid(), signal.SIGSEGV)


crash()
