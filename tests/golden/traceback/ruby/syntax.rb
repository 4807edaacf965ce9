# SPDX-License-Identifier: Apache-2.0
def broken
  if true
end
