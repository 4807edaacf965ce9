# SPDX-License-Identifier: Apache-2.0
# The message has lines of its own, and the type is behind the last.
require "logger"

def greet(user)
  user.name.upcase
end

log = Logger.new($stderr)
begin
  greet(nil)
rescue NoMethodError => e
  log.fatal(e)
end
log.info("goes on")
