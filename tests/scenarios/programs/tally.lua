-- SPDX-License-Identifier: Apache-2.0
-- Counts, in Lua, and keeps the counts in a memcached: tally.lua [KEY=VALUE...]. Keys: every, cache (host:port), settings (a file
-- with "cache = host:port", read anew each time), bug (rank: ranks what nobody counted), odds, after, strict (an error ends it).
local socket = require("socket")
local options = {every = "0.3", odds = "1", after = "0"}
for _, word in ipairs(arg) do
  local key, value = word:match("^(%w+)=(.*)$")
  options[key] = value
end
local counts = {visits = 0}

local function address()
  if not options.settings then
    return options.cache
  end
  for line in io.lines(options.settings) do
    local value = line:match("^cache%s*=%s*(.*)$")
    if value then
      return value
    end
  end
end

local function keep(where, name)
  local host, port = where:match("^(.*):(%d+)$")
  local cache = socket.tcp()
  cache:settimeout(1)
  local _, problem = cache:connect(host, tonumber(port))
  if problem then
    cache:close()
    error("cannot reach the cache " .. where .. ": " .. problem)
  end
  local text = tostring(counts[name])
  assert(cache:send(("set %s 0 60 %d\r\n%s\r\n"):format(name, #text, text)))
  local answer = assert(cache:receive("*l"))
  cache:close()
  if answer ~= "STORED" then
    error("the cache says " .. answer)
  end
end

local function rank(name)
  return counts[name].today + 1
end

local function handle(count)
  counts.visits = counts.visits + 1
  local where = address()
  if where then
    keep(where, "visits")
  end
  if options.bug == "rank" and count > tonumber(options.after) and count % tonumber(options.odds) == 0 then
    rank("orders")
  end
end

for count = 1, math.huge do
  socket.sleep(tonumber(options.every))
  if options.strict then
    handle(count)
  else
    xpcall(handle, function(message) io.stderr:write("tally: ", debug.traceback(message), "\n") end, count)
  end
end
