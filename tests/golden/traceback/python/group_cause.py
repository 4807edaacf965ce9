# SPDX-License-Identifier: Apache-2.0
def main():
    try:
        raise ExceptionGroup("first", [ValueError("a"), ValueError("b")])
    except ExceptionGroup as group:
        raise RuntimeError("pool is broken") from group


main()
