# SPDX-License-Identifier: Apache-2.0
def greet(user)
  user.name.upcase
end

greet(nil)
