# SPDX-License-Identifier: Apache-2.0
# A service in Ruby that puts letters into a tube of beanstalkd and takes them out again: tube.rb [KEY=VALUE...]. queue: its address,
# every: seconds a letter, bug (at one letter in odds): nil, encoding, retry (tells what it tries again), gateway (asks peer),
# redis (counts in the redis of port `redis`). fatal=1: ends of it.
require "json"
require "socket"

$options = {"queue" => "127.0.0.1:11300", "every" => "0.3", "bug" => "", "odds" => "1", "fatal" => "0"}
ARGV.each { |word| $options.store(*word.split("=", 2)) }

class Tube
  def initialize(address)
    @socket = Socket.tcp(*address.split(":"), connect_timeout: 1)
  end

  def put(letter)
    text = JSON.generate(letter)
    ask("put 10 0 60 #{text.bytesize}\r\n#{text}\r\n")
  end

  def take
    id, bytes = ask("reserve-with-timeout 1\r\n").split[1, 2]
    text = @socket.read(bytes.to_i + 2)
    [id, JSON.parse(text)]
  end

  def delete(id) = ask("delete #{id}\r\n")

  def ask(line)
    @socket.write(line)
    @socket.gets("\r\n") or raise EOFError, "the queue has closed"
  end
end

module Bugs
  def self.nil(letter)
    letter["reply_to"].downcase
  end

  def self.encoding(letter)
    "M\xFCller".encode("UTF-16") + letter["to"]
  end

  def self.retry(letter)
    raise IOError, "greylisted: #{letter["to"]}"
  end

  def self.gateway(_letter)
    Socket.tcp(*$options["peer"].split(":"), connect_timeout: 1) do |peer|
      peer.write("HELO shop\r\n")
      raise IOError, "timed out: no greeting" unless peer.wait_readable(1)
      peer.readpartial(100)
    end
  end

  def self.redis(_letter)
    require "redis"
    Redis.new(host: "127.0.0.1", port: $options["redis"].to_i, timeout: 1, reconnect_attempts: 0).incr("letters")
  end
end

def deliver(tube, count)
  tube.put({"id" => count, "to" => "a#{count}@example.org"})
  id, letter = tube.take
  tube.delete(id)
  Bugs.send($options["bug"], letter) if $options["bug"] != "" && count % $options["odds"].to_i == 0
end

Signal.trap("TERM", "DEFAULT")
tube = nil
(1..).each do |count|
  sleep $options["every"].to_f
  tube ||= Tube.new($options["queue"])
  deliver(tube, count)
rescue StandardError => error
  raise if $options["fatal"] == "1"
  warn error.full_message(highlight: false)
  tube = nil if error.is_a?(SystemCallError) || error.is_a?(EOFError)
end
