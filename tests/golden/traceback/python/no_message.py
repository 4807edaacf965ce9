# SPDX-License-Identifier: Apache-2.0
def check(x):
    assert x


check(0)
