# SPDX-License-Identifier: Apache-2.0
# Tugs of a harbour: tug.rb ROLE [KEY=VALUE...]. `pilot` puts ships (lines "NAME DRAUGHT BERTH" of the file ships, in turn) into
# beanstalkd (queue, host:port) every so many seconds; `tugs` take one after the other, look how many tugs it needs, tell customs at
# a URL, if any, and delete it. What fails ends it; fatal=0: it tells of it, buries the job and goes on. change: what its release
# does otherwise (tide: it takes the tide of each berth from a list that lacks some). Both try again so often as retries says.
require "json"
require "net/http"
require "socket"

$stdout.sync = $stderr.sync = true
$options = { "every" => "0.3", "retries" => "0", "fatal" => "1", "say" => ARGV[0], "change" => "" }
ARGV[1..].each { |word| $options.store(*word.split("=", 2)) }
TIDES = { "A1" => [1.2, 3.4], "A2" => [1.1, 3.3] }.freeze

def again
  tries = $options["retries"].to_i
  begin
    yield
  rescue SystemCallError, IOError, Net::OpenTimeout, Net::ReadTimeout => e
    raise if (tries -= 1).negative?

    warn "#{$options["say"]}: #{e.message}, once more"
    sleep 0.4
    $queue = nil
    retry
  end
end

def queue
  host, port = $options["queue"].split(":")
  $queue ||= TCPSocket.new(host, port.to_i)
end

def command(line, body = nil)
  queue.write(body ? "#{line}\r\n#{body}\r\n" : "#{line}\r\n")
  answer = queue.gets("\r\n") or raise EOFError, "the queue is gone"
  words = answer.split
  text = words[0] == "RESERVED" ? queue.read(words[2].to_i + 2) : nil
  [words, text]
end

def depth(ship)
  return 4.0 unless $options["change"] == "tide"

  TIDES[ship["berth"]].max + 8
end

def tell(ship)
  uri = URI("#{$options["customs"]}?ship=#{ship["name"]}")
  again do
    Net::HTTP.start(uri.host, uri.port, open_timeout: 1.5, read_timeout: 1.5, max_retries: 0) do |http|
      answer = http.get(uri.request_uri)
      raise IOError, "customs answer #{answer.code}" unless answer.is_a?(Net::HTTPSuccess)
    end
  end
end

def tow(ship)
  tugs = ship["draught"] > depth(ship) ? 2 : 1
  tell(ship) if $options["customs"]
  tugs
end

def take
  words, text = again { command("reserve-with-timeout 1") }
  return unless words[0] == "RESERVED"

  begin
    tow(JSON.parse(text))
    again { command("delete #{words[1]}") }
  rescue StandardError => e
    raise if $options["fatal"] == "1"

    warn e.full_message(highlight: false)
    again { command("bury #{words[1]} 1024") }
  end
end

def send_ship(count)
  lines = File.readlines($options["ships"], chomp: true)
  name, draught, berth = lines[count % lines.size].split
  body = JSON.generate("name" => name, "draught" => draught.to_f, "berth" => berth)
  again { command("put 1024 0 30 #{body.bytesize}", body) }
end

Signal.trap("TERM") { exit! 0 }
(1..).each do |count|
  sleep $options["every"].to_f
  ARGV[0] == "pilot" ? send_ship(count) : take
rescue StandardError => e
  raise if $options["fatal"] == "1"

  $queue = nil
  warn e.full_message(highlight: false)
end
