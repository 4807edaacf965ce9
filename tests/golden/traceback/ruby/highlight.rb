# SPDX-License-Identifier: Apache-2.0
def fail_here
  raise TypeError, "bad type\nsecond line"
end

begin
  fail_here
rescue => e
  $stderr.puts e.full_message(highlight: true, order: :top)
end
