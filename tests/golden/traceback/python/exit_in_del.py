# SPDX-License-Identifier: Apache-2.0
class Pool:
    def __del__(self):
        self.close()


pool = Pool()
del pool
