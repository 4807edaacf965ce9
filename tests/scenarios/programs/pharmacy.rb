# SPDX-License-Identifier: Apache-2.0
# Orders medicines, in Ruby: pharmacy.rb [KEY=VALUE...]. every: seconds an order; wholesaler: URL that takes orders, asked again so often
# (retries); ca: whom it trusts; settings: YAML, read for each order, of which it needs minimum and markup; dsn and query: of
# PostgreSQL; need: a variable of the environment that must be there at its start, or it ends with status 78; change: what its
# release does otherwise (packs: for articles without a size, dates). fatal=1: ends of what fails, else tells it.
require "date"
require "json"
require "net/http"
require "yaml"

$options = {"every" => "0.4", "change" => "", "retries" => "0", "fatal" => "0"}
ARGV.each { |word| $options.store(*word.split("=", 2)) }
Article = Struct.new(:name, :pack, :expires)
ARTICLES = [Article.new("ibuprofen 400", 20, "2027-03-31"), Article.new("saline 0.9 %", nil, "2027-06-30"),
            Article.new("insulin glargine", 5, "2027-02-29")].freeze

class Refused < StandardError; end

class Wholesaler
  def initialize(url)
    @url = URI(url)
  end

  def order(article, pieces)
    tries ||= 0
    http = Net::HTTP.new(@url.host, @url.port)
    http.open_timeout = http.read_timeout = 1
    http.max_retries = 0
    http.use_ssl = @url.scheme == "https"
    http.ca_file = $options["ca"] if $options["ca"]
    answer = http.get("#{@url.path}?article=#{URI.encode_www_form_component(article.name)}&pieces=#{pieces}")
    raise Refused, "#{@url} answers #{answer.code} #{answer.message}" unless answer.is_a?(Net::HTTPSuccess)
  rescue SystemCallError, EOFError, Net::ReadTimeout
    raise if (tries += 1) > $options["retries"].to_i
    warn "pharmacy: no answer of the wholesaler, once more"
    sleep 0.3
    retry
  end
end

def pieces(article, count)
  size = $options["change"] == "packs" ? article.pack : article.pack || 1
  (count % 4 + 1) * size
end

def fresh?(article)
  $options["change"] != "dates" || Date.iso8601(article.expires) > Date.today
end

def price(cents)
  settings = YAML.safe_load(File.read($options["settings"]))
  [cents * (100 + settings.fetch("markup")) / 100, settings.fetch("minimum")].max
end

def book(article)
  require "pg"
  $base ||= PG.connect($options["dsn"])
  $base.exec_params($options["query"], [article.name])
rescue PG::Error
  $base = nil
  raise
end

def order(count)
  article = ARTICLES[count % 3]
  return unless fresh?(article)
  wanted = pieces(article, count)
  price(wanted * 120) if $options["settings"]
  book(article) if $options["dsn"]
  Wholesaler.new($options["wholesaler"]).order(article, wanted) if $options["wholesaler"]
end

Signal.trap("TERM", "DEFAULT")
if $options["need"] && !ENV.key?($options["need"])
  warn "pharmacy: #{$options["need"]} is not set, see the notes of this release"
  exit 78
end
(1..).each do |count|
  sleep $options["every"].to_f
  order(count)
rescue StandardError, Psych::SyntaxError => error
  raise if $options["fatal"] == "1"
  warn error.full_message(highlight: false)
end
