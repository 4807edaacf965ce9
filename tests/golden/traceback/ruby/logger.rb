# SPDX-License-Identifier: Apache-2.0
require "logger"

LOANS = {}

def order(id)
  LOANS.fetch("loan #{id}")
end

log = Logger.new($stderr, progname: "waybill")
log.info("starts")
begin
  [7].each { |id| order(id) }
rescue KeyError => e
  log.error(e)
end
log.info("goes on")
