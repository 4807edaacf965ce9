# SPDX-License-Identifier: Apache-2.0
# Writes waybills of freight, in Ruby: waybill.rb [KEY=VALUE...]. every: seconds a waybill; customs: URL that is told of it, asked
# again so often (retries); book: a file of addresses "NAME|TOWN|CARE OF", read for each; dsn and query: of PostgreSQL; out: a folder
# for papers of kb each, the last keep of which stay. What fails is logged and lived on.
require "logger"
require "net/http"

OPTIONS = {"every" => "0.4", "retries" => "0", "kb" => "64", "keep" => "10"}
ARGV.each { |word| OPTIONS.store(*word.split("=", 2)) }
LOG = Logger.new($stderr, progname: "waybill")
Freight = Struct.new(:goods, :sender)
GOODS = [Freight.new("timber", "Adler"), Freight.new("paint", "Berg"), Freight.new("gravel", "Cordes")].freeze

class AddressBook
  Entry = Struct.new(:town, :care_of)

  def initialize(path)
    @entries = File.readlines(path, chomp: true).to_h do |line|
      name, town, care_of = line.split("|")
      [name, Entry.new(town, care_of)]
    end
  end

  def town_of(name)
    entry = @entries.fetch(name)
    entry.care_of ? town_of(entry.care_of) : entry.town
  end
end

class Customs
  def initialize(url)
    @url = URI(url)
  end

  def declare(freight)
    tries ||= 0
    http = Net::HTTP.new(@url.host, @url.port)
    http.open_timeout = http.read_timeout = 1
    http.max_retries = 0
    answer = http.get("#{@url.path}?goods=#{freight.goods}")
    raise "customs answer #{answer.code}" unless answer.is_a?(Net::HTTPSuccess)
  rescue SystemCallError, SocketError, EOFError, Net::OpenTimeout, Net::ReadTimeout => error
    raise if (tries += 1) > OPTIONS["retries"].to_i
    LOG.info("#{error.message}, once more")
    sleep 0.4
    retry
  end
end

def book(freight)
  require "pg"
  $base ||= PG.connect(OPTIONS["dsn"])
  $base.exec_params(OPTIONS["query"], [freight.goods])
rescue PG::Error
  $base = nil
  raise
end

def print_paper(count, freight)
  path = "#{OPTIONS["out"]}/waybill-#{count % OPTIONS["keep"].to_i}.ps"
  File.write(path, "%!PS #{freight.goods}\n".ljust(OPTIONS["kb"].to_i << 10, "% "))
rescue SystemCallError
  File.delete(path) if File.exist?(path)
  raise
end

def write(count)
  freight = GOODS[count % GOODS.size]
  AddressBook.new(OPTIONS["book"]).town_of(freight.sender) if OPTIONS["book"]
  book(freight) if OPTIONS["dsn"]
  Customs.new(OPTIONS["customs"]).declare(freight) if OPTIONS["customs"]
  print_paper(count, freight) if OPTIONS["out"]
end

Signal.trap("TERM", "DEFAULT")
(1..).each do |count|
  sleep OPTIONS["every"].to_f
  write(count)
rescue StandardError, SystemStackError => error
  LOG.error(error.full_message(highlight: false, order: :top))
end
