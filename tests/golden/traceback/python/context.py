# SPDX-License-Identifier: Apache-2.0
import json


def main():
    try:
        {}["missing"]
    except KeyError:
        try:
            1 / 0
        except ZeroDivisionError:
            json.loads("{broken")


main()
