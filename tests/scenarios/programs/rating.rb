# SPDX-License-Identifier: Apache-2.0
# Rates what was called or used, in Ruby: rating.rb [KEY=VALUE...]. every: seconds a bill; tariffs: YAML with cents a minute, read for
# each; customers: a file of lines "NAME CALLS", read for each; dsn and query ($1: a number) of PostgreSQL; clearing: URL that is told
# of it, again so often (retries), trusting ca; out: a folder for bills of kb each, the last keep of which stay; fatal=1: ends of what
# fails, else it is logged and lived on.
require "logger"
require "net/http"
require "yaml"

OPTIONS = {"every" => "0.4", "retries" => "0", "kb" => "16", "keep" => "10"}
ARGV.each { |word| OPTIONS.store(*word.split("=", 2)) }
LOG = Logger.new($stderr, progname: "rating")
Call = Struct.new(:number, :seconds, :zone)

class Tariffs
  def initialize(path)
    @cents = path ? YAML.safe_load(File.read(path)).fetch("cents") : {"home" => 9, "abroad" => 29}
  end

  def price(call)
    @cents.fetch(call.zone) * (call.seconds / 60 + 1)
  end
end

class Clearing
  def initialize(url)
    @url = URI(url)
  end

  def http
    http = Net::HTTP.new(@url.host, @url.port)
    http.open_timeout = http.read_timeout = 1
    http.max_retries = 0
    http.use_ssl = @url.scheme == "https"
    http.ca_file = OPTIONS["ca"] if OPTIONS["ca"]
    http
  end

  def tell(cents)
    tries ||= 0
    answer = http.get("#{@url.path}?cents=#{cents}")
    raise "the clearing house answers #{answer.code}" unless answer.is_a?(Net::HTTPSuccess)
  rescue SystemCallError, SocketError, EOFError, Net::OpenTimeout, Net::ReadTimeout => error
    raise if (tries += 1) > OPTIONS["retries"].to_i
    LOG.info("#{error.message}, once more")
    sleep 0.4
    retry
  end
end

def calls_of(count)
  lines = OPTIONS["customers"] ? File.readlines(OPTIONS["customers"]) : ["somebody 20"]
  Array.new(lines[count % lines.size].split.last.to_i) { |n| Call.new("0341#{n}", n % 400, n % 7 == 0 ? "abroad" : "home") }
end

def ask_base(number)
  require "pg"
  $base ||= PG.connect(OPTIONS["dsn"])
  $base.exec_params(OPTIONS["query"], [number])
rescue PG::Error
  $base = nil
  raise
end

def print_bill(count, cents)
  path = "#{OPTIONS["out"]}/bill-#{count % OPTIONS["keep"].to_i}.ps"
  File.write(path, "%!PS #{cents}\n".ljust(OPTIONS["kb"].to_i << 10, "% "))
rescue SystemCallError
  File.delete(path) if File.exist?(path)
  raise
end

def rate(count)
  tariffs = Tariffs.new(OPTIONS["tariffs"])
  cents = calls_of(count).sum { |call| tariffs.price(call) }
  ask_base(count) if OPTIONS["dsn"]
  Clearing.new(OPTIONS["clearing"]).tell(cents) if OPTIONS["clearing"]
  print_bill(count, cents) if OPTIONS["out"]
end

Signal.trap("TERM", "DEFAULT")
(1..).each do |count|
  sleep OPTIONS["every"].to_f
  rate(count)
rescue StandardError => error
  raise if OPTIONS["fatal"]
  LOG.error(error.full_message(highlight: false, order: :top))
end
