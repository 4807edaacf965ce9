# SPDX-License-Identifier: Apache-2.0
class QueryError(Exception):
    pass


def query():
    raise QueryError("syntax error at or near \"FORM\"\nLINE 1: SELECT 1 FORM x\n                 ^")


query()
