# SPDX-License-Identifier: Apache-2.0
def down(n)
  down(n + 1)
end

down(0)
