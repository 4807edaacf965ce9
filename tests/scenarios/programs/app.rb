# SPDX-License-Identifier: Apache-2.0
# A service in Ruby that handles a request every so often, and its bugs: app.rb [KEY=VALUE...], as app.py has them.
$options = {"every" => "0.3", "bug" => "", "odds" => "1", "after" => "0"}
ARGV.each { |word| $options.store(*word.split("=", 2)) }
$held = []

Order = Struct.new(:id, :customer)

def bug_nil
  Order.new(1).customer.name
end

def bug_read
  File.read($options["path"]).lines.map { |line| Integer(line.split("=")[1]) }
end

def bug_connect
  require "socket"
  host, port = $options["peer"].split(":")
  Socket.tcp(host, port.to_i, connect_timeout: 1) do |peer|
    peer.write("PING\r\n")
    raise IOError, "timed out: no answer of #{host}" unless peer.wait_readable(1)
    peer.readpartial(100)
  end
end

# A child for each request, which is never waited for.
def bug_spawn
  $held << fork { sleep 1000 }
end

def bug_sql
  require "pg"
  $connection ||= PG.connect($options["dsn"])
  $connection.exec($options["query"]).values
rescue PG::UnableToSend, PG::ConnectionBad
  $connection = nil
  raise
end

# A gem, of which the newest installed one is taken.
def bug_gem
  require "codec"
  Codec.pack([1, 2])
end

def handle
  method("bug_" + $options["bug"].delete_prefix("raise_")).call
rescue StandardError => error
  raise if $options["bug"].start_with?("raise_")
  warn error.full_message(highlight: false)
end

Signal.trap("TERM", "DEFAULT")
(1..).each do |count|
  sleep $options["every"].to_f
  handle if $options["bug"] != "" && count > $options["after"].to_i && count % $options["odds"].to_i == 0
end
