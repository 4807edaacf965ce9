# SPDX-License-Identifier: Apache-2.0
def load(row):
    return row["id"]


def main():
    for row in [{"id": 1}, {"name": "x"}]:
        load(row)


main()
