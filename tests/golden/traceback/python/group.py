# SPDX-License-Identifier: Apache-2.0
def work(n):
    raise (ValueError, TypeError, OSError)[n]("task %d" % n)


def main():
    errors = []
    for n in range(3):
        try:
            work(n)
        except Exception as error:
            errors.append(error)
    nested = ExceptionGroup("inner", [KeyError("deep")])
    raise ExceptionGroup("3 tasks failed", errors + [nested])


main()
