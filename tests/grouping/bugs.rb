# SPDX-License-Identifier: Apache-2.0
def customer(row)
  row[:customer].name
end

def total(row)
  row[:id] / (row.size - row.size)
end

def save(row)
  File.read("/tmp/none-#{row[:id]}/order")
end

def check(row)
  raise ArgumentError, "order #{row[:id]} of #{row.object_id} is not valid"
end

def each_line(row)
  [1, 2].each { |n| row.fetch("line#{n * row[:id]}") }
end

def serve(way)
  send(way, { id: Process.pid })
end

serve(ARGV[0])
