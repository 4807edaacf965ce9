# SPDX-License-Identifier: Apache-2.0
# Orders of a bakery: loaves.rb ROLE [KEY=VALUE...]. `desk` puts an order of a shop (a line of the file shops, in turn) into a list of
# Redis (host:port), every so many seconds. `baker` takes them from there, or without redis makes them itself, writes a label
# in the letters of its printer, asks for the fee at a URL (card) and keeps kb of each in folder; retries: so often again; change: what its release does otherwise (icing: asks for the
# icing, which one in five have not got).
require "fileutils"
require "json"
require "net/http"
require "socket"

$stdout.sync = $stderr.sync = true
$options = { "every" => "0.3", "change" => "", "retries" => "0", "kb" => "40", "say" => ARGV[0] }
ARGV[1..].each { |word| $options.store(*word.split("=", 2)) }
ICING = %w[sugar chocolate lemon almond].freeze

# As much of the protocol of Redis as is needed.
class Redis
  def initialize(address)
    @socket = TCPSocket.new(*address.split(":"))
  end

  def call(*words)
    @socket.write("*#{words.size}\r\n" + words.map { |word| "$#{word.bytesize}\r\n#{word}\r\n" }.join)
    read
  end

  def read
    line = @socket.gets or raise EOFError, "Redis has hung up"
    case line[0]
    when "-" then raise line[1..].strip
    when ":" then line[1..].to_i
    when "*" then Array.new([line[1..].to_i, 0].max) { read }
    when "$"
      size = line[1..].to_i
      size.negative? ? nil : @socket.read(size + 2)[0, size]
    else line[1..].strip
    end
  end
end

def again
  tries = $options["retries"].to_i
  begin
    yield
  rescue SystemCallError, IOError, Net::OpenTimeout, Net::ReadTimeout, SocketError => e
    $redis = nil
    raise if (tries -= 1).negative?

    warn "#{$options["say"]}: #{e.message}, once more"
    sleep 0.4
    retry
  end
end

def redis(*words)
  again { ($redis ||= Redis.new($options["redis"])).call(*words) }
end

def label(shop)
  "#{shop}: #{$options["say"]}".encode("ISO-8859-1")
end

def icing(order)
  ICING[order["count"] % 5].capitalize
end

def charge(order)
  again do
    Net::HTTP.start(*address(uri = URI("#{$options["card"]}?n=#{order["count"]}")), open_timeout: 1.5, read_timeout: 1.5) do |http|
      answer = http.get(uri.request_uri)
      raise "the fee is answered by #{answer.code}" unless answer.is_a?(Net::HTTPSuccess)
    end
  end
end

def address(uri)
  [uri.host, uri.port]
end

def keep(order)
  path = File.join($options["folder"], (order["count"] % 9).to_s)
  File.write(path, "#{label(order["shop"])}\n" * ($options["kb"].to_i * 30))
rescue SystemCallError
  FileUtils.rm_f(path)
  raise
end

def bake(order)
  label(order["shop"])
  icing(order) if $options["change"] == "icing"
  charge(order) if $options["card"]
  keep(order) if $options["folder"]
end

def take(count)
  return { "shop" => "Mill Street", "count" => count } unless $options["redis"]

  text = redis("BLPOP", "orders", "1")[1] and JSON.parse(text.force_encoding("UTF-8"))
end

def put(count)
  shops = File.readlines($options["shops"], chomp: true, encoding: "UTF-8")
  redis("RPUSH", "orders", JSON.generate("shop" => shops[count % shops.size], "count" => count))
end

Signal.trap("TERM") { exit }
(1..).each do |count|
  sleep $options["every"].to_f
  begin
    ARGV[0] == "desk" ? put(count) : (order = take(count)) && bake(order)
  rescue StandardError => e
    warn e.full_message(highlight: false)
  end
end
