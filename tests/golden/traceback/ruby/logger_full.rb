# SPDX-License-Identifier: Apache-2.0
require "logger"

def order(id)
  raise ArgumentError, "no loan #{id}"
end

log = Logger.new($stderr, progname: "waybill")
begin
  order(7)
rescue ArgumentError => e
  log.error(e.full_message(highlight: false))
end
log.info("goes on")
