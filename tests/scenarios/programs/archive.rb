# SPDX-License-Identifier: Apache-2.0
# An archive of documents, in Ruby: archive.rb ROLE [KEY=VALUE...]. `archive` listens at port for "PUT name bytes" and a document, and for
# "GET name"; it keeps the last `keep` in its folder and tells what it could not do. `scanner` puts one of kb (of a file, read each
# time) to the archive at the address to, `reader` gets one, every so many seconds; retries: how often they try again, after 0.4 s.
require "socket"

$options = {"every" => "0.3", "keep" => "30", "retries" => "0"}
ARGV.drop(1).each { |word| $options.store(*word.split("=", 2)) }

class Archive
  def initialize(folder)
    @folder = folder
  end

  def path(name)
    File.join(@folder, "#{name.to_i % $options["keep"].to_i}.doc")
  end

  def put(name, document)
    raise IOError, "document #{name} is cut short" if document.nil?
    File.binwrite(path(name), document.bytes.pack("C*"))
    "OK\n"
  end

  def get(name)
    File.binread(path(name))
  end

  def serve(client)
    verb, name, bytes = client.gets.to_s.split
    client.write(verb == "PUT" ? put(name, client.read(bytes.to_i)) : get(name))
  rescue SystemCallError, IOError => error
    warn error.full_message(highlight: false)
    begin
      client.write("NO #{error.class}\n")
    rescue SystemCallError
      nil
    end
  ensure
    client.close
  end
end

def ask(line, document = "")
  tries ||= 0
  host, port = $options["to"].split(":")
  Socket.tcp(host, port.to_i, connect_timeout: 1) do |archive|
    archive.write(line + "\n" + document)
    answer = archive.read
    raise IOError, "the archive says #{answer.inspect}" if answer.empty? || answer.start_with?("NO ")
  end
rescue SystemCallError, IOError
  raise if (tries += 1) > $options["retries"].to_i
  sleep 0.4
  retry
end

def work(role, count)
  return ask("GET #{count}") if role == "reader"
  document = "d" * (File.read($options["kb"]).to_i << 10)
  ask("PUT #{count} #{document.bytesize}", document)
end

Signal.trap("TERM", "DEFAULT")
if ARGV[0] == "archive"
  server = TCPServer.new("127.0.0.1", $options["port"].to_i)
  archive = Archive.new($options["folder"])
  loop { Thread.new(server.accept) { |client| archive.serve(client) } }
end
(1..).each do |count|
  sleep $options["every"].to_f
  work(ARGV[0], count)
rescue SystemCallError, IOError => error
  warn error.full_message(highlight: false)
end
