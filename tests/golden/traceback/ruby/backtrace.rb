# SPDX-License-Identifier: Apache-2.0
# As WEBrick and many an own handler write it.
module Shop
  class Missing < StandardError; end

  def self.order(id)
    raise Missing, "no loan #{id}"
  end
end

begin
  Shop.order(7)
rescue Shop::Missing => e
  $stderr.puts "[2026-11-22 10:46:09] ERROR #{e.class}: #{e.message}\n\t#{e.backtrace.join("\n\t")}"
end
$stderr.puts "goes on"
