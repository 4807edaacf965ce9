# SPDX-License-Identifier: Apache-2.0
# The box office of a concert house, in Ruby: office.rb ROLE [KEY=VALUE...]. `sell` serves "SEAT N" over TCP at port, a thread for each:
# by prices (YAML, read for each), noted in dsn with query ($1: the seat), paid at bank (a URL, again so often: retries); hold: a file
# of as many lines as tenths of a second that each caller is held; change: what its release does otherwise (boxes: seats of a box have
# no row). `call` wants a seat of to (HOST:PORT) every so many seconds, again so often, and tells what it did not get; fatal=1: ends of
# that with status 2. `list` prints the seats that are left by dsn and query, every so many seconds; fatal=1: ends of what fails.
require "logger"
require "net/http"
require "socket"
require "yaml"

ROLE = ARGV.shift
OPTIONS = {"every" => "0.3", "retries" => "0", "change" => "", "say" => ROLE}
ARGV.each { |word| OPTIONS.store(*word.split("=", 2)) }
LOG = Logger.new($stderr, progname: OPTIONS["say"])
Seat = Struct.new(:number, :row)

class SoldOut < StandardError
end

def seat_of(number)
  return Seat.new(number, nil) if OPTIONS["change"] == "boxes" && number % 6 == 5
  Seat.new(number, number / 30 + 1)
end

def price_of(seat)
  cents = OPTIONS["prices"] ? YAML.safe_load(File.read(OPTIONS["prices"])).fetch("cents") : {"stalls" => 4200, "gallery" => 1900}
  cents.fetch(seat.row > 12 ? "gallery" : "stalls") + seat.row * 10
end

def ask_base(number)
  require "pg"
  base = PG.connect(OPTIONS["dsn"])
  base.exec_params(OPTIONS["query"], [number]).to_a
ensure
  base&.close
end

def pay(cents)
  tries ||= 0
  url = URI(OPTIONS["bank"])
  http = Net::HTTP.new(url.host, url.port)
  http.open_timeout = http.read_timeout = 1
  http.max_retries = 0
  answer = http.get("#{url.path}?cents=#{cents}")
  raise "the bank answers #{answer.code}" unless answer.is_a?(Net::HTTPSuccess)
rescue SystemCallError, SocketError, EOFError, Net::OpenTimeout, Net::ReadTimeout => error
  raise if (tries += 1) > OPTIONS["retries"].to_i
  LOG.info("#{error.message}, once more")
  sleep 0.5
  retry
end

def sell(number)
  cents = price_of(seat_of(number))
  ask_base(number) if OPTIONS["dsn"]
  pay(cents) if OPTIONS["bank"]
  sleep File.foreach(OPTIONS["hold"]).count * 0.1 if OPTIONS["hold"]
  "SOLD #{cents}"
end

def serve(caller)
  line = caller.gets.to_s
  caller.puts(sell(line.split.last.to_i))
rescue StandardError => error
  LOG.error(error.full_message(highlight: false, order: :top))
  caller.puts("NO #{error.class}") rescue nil
ensure
  caller.close
end

def open_office
  server = TCPServer.new("127.0.0.1", OPTIONS["port"].to_i)
  loop do
    caller = server.accept
    begin
      Thread.new { serve(caller) }
    rescue ThreadError => error
      LOG.error(error.full_message(highlight: false, order: :top))
      caller.close
    end
  end
end

def call(number)
  tries ||= 0
  office = Socket.tcp(*OPTIONS["to"].split(":"), connect_timeout: 1)
  office.puts("SEAT #{number}")
  raise Errno::ETIMEDOUT, "the office" unless office.wait_readable(2)
  answer = office.gets
  raise EOFError, "the office hung up" unless answer
  raise SoldOut, "seat #{number}: #{answer}" unless answer.start_with?("SOLD")
rescue SystemCallError, EOFError => error
  raise if (tries += 1) > OPTIONS["retries"].to_i
  sleep 0.5
  retry
ensure
  office&.close
end

Signal.trap("TERM", "DEFAULT")
open_office if ROLE == "sell"
(1..).each do |count|
  sleep OPTIONS["every"].to_f
  ROLE == "call" ? call(count * 37 % 500) : ask_base(count * 37 % 500)
rescue StandardError => error
  LOG.error(error.full_message(highlight: false, order: :top))
  exit 2 if OPTIONS["fatal"]
end
