# SPDX-License-Identifier: Apache-2.0
# Rooms of a chat, in Ruby: chat.rb [KEY=VALUE...]. every: seconds a message; flags: a file that is read at each message (the flag
# "threads" answers in threads, which the first message has none of); bug (at one message in odds, after so many): mention,
# emoji, depth. fatal=1: ends of it.
$options = {"every" => "0.3", "flags" => "", "bug" => "", "odds" => "1", "after" => "0", "fatal" => "0"}
ARGV.each { |word| $options.store(*word.split("=", 2)) }

class Room
  def initialize(name)
    @name, @threads, @members = name, {}, {"ada" => 1}
  end

  def answer(message)
    @threads[message].last.dup
  end

  def mention(text)
    @members.fetch(text[/@(\w+)/, 1])
  end

  def emoji(code)
    [Integer(code, 16)].pack("U")
  end

  def depth(message)
    depth([message])
  end
end

def post(room, count)
  room.answer(count) if $options["flags"] != "" && File.read($options["flags"]).include?("threads on")
  return if count <= $options["after"].to_i || count % $options["odds"].to_i != 0
  case $options["bug"]
  when "mention" then room.mention("hello @everybody")
  when "emoji" then room.emoji("1F60G")
  when "depth" then room.depth("hello")
  end
end

Signal.trap("TERM", "DEFAULT")
room = Room.new("lounge")
(1..).each do |count|
  sleep $options["every"].to_f
  post(room, count)
rescue StandardError, SystemStackError => error
  raise if $options["fatal"] == "1"
  warn error.full_message(highlight: false)
end
