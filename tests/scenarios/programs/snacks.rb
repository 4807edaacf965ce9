# SPDX-License-Identifier: Apache-2.0
# Snacks of a cinema, ordered to the seat: snacks.rb ROLE [KEY=VALUE...]. `app` puts an order (a line "NUMBER HH:MM SNACK" of the
# file orders, in turn) into a list of Redis at a unix socket (redis) every so many seconds. `kitchen` moves one to the list of what is being made, makes
# it and takes it from there; what stands there at its start is made first. It asks a library (lib) for the tax, if any, and has it
# paid at a URL (bank). What fails ends it; fatal=0: it tells of it and goes on. Both wait for Redis so often as retries says.
require "fiddle"
require "json"
require "net/http"
require "redis"
require "time"

$stdout.sync = $stderr.sync = true
$options = { "every" => "0.3", "retries" => "0", "fatal" => "1", "say" => ARGV[0] }
ARGV[1..].each { |word| $options.store(*word.split("=", 2)) }

def again
  tries = $options["retries"].to_i
  begin
    yield
  rescue Redis::BaseError, SystemCallError, IOError, Net::OpenTimeout, Net::ReadTimeout => e
    raise if (tries -= 1).negative?

    warn "#{$options["say"]}: #{e.message}, once more"
    sleep 0.4
    retry
  end
end

def redis(word, *rest)
  again { ($redis ||= Redis.new(path: $options["redis"], reconnect_attempts: 0)).public_send(word, *rest) }
end

def due(order)
  Time.parse("2026-12-01 #{order["at"]}") - 300
end

def price(cents)
  library = ($library ||= Fiddle.dlopen($options["lib"]))
  cents + Fiddle::Function.new(library["tax"], [Fiddle::TYPE_INT], Fiddle::TYPE_INT).call(cents)
end

def pay(cents)
  uri = URI("#{$options["bank"]}?cents=#{cents}")
  again do
    Net::HTTP.start(uri.host, uri.port, open_timeout: 1.5, read_timeout: 1.5, max_retries: 0) do |http|
      answer = http.get(uri.request_uri)
      raise IOError, "the bank answers #{answer.code}" unless answer.is_a?(Net::HTTPSuccess)
    end
  end
end

def make(order)
  due(order)
  cents = $options["lib"] ? price(450) : 450
  pay(cents) if $options["bank"]
end

def finish(text)
  make(JSON.parse(text))
  redis(:lrem, "making", 1, text)
end

def cook
  text = redis(:rpoplpush, "orders", "making")
  finish(text) if text
end

def order(count)
  lines = File.readlines($options["orders"], chomp: true)
  number, at, snack = lines[count % lines.size].split
  redis(:lpush, "orders", JSON.generate("number" => number, "at" => at, "snack" => snack, "count" => count))
end

Signal.trap("TERM") { exit }
redis(:lrange, "making", 0, -1).each { |text| finish(text) } if ARGV[0] == "kitchen" && $options["fatal"] == "1"
(1..).each do |count|
  sleep $options["every"].to_f
  ARGV[0] == "app" ? order(count) : cook
rescue StandardError => e
  raise if $options["fatal"] == "1"

  warn e.full_message(highlight: false)
end
