# SPDX-License-Identifier: Apache-2.0
"""What tests expect, and how they say that it is not so. Values are shown up to a length: some are megabytes."""
import time

SHOWN = 4000


class Failed(Exception):
    pass


class Skipped(Exception):
    """Only for what this kernel or machine truly cannot do."""


def check(truth, text):
    if not truth:
        raise Failed(text)


def equal(got, expected, what):
    check(got == expected, f"{what}: got {got!r:.{SHOWN}}, expected {expected!r:.{SHOWN}}")


def contains(text, part, what):
    check(part in text, f"{what}: {part!r} is not in {text!r:.{SHOWN}}")


def wait_for(condition, timeout, what):
    """The first true value of condition(), which is asked again and again."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        check(time.monotonic() < end, f"not within {timeout} s: {what}")
        time.sleep(0.01)
