# SPDX-License-Identifier: Apache-2.0
class ConfigError < StandardError; end

def port(text)
  Integer(text)
rescue ArgumentError
  raise ConfigError, "port is not a number: #{text}"
end

port("80a")
