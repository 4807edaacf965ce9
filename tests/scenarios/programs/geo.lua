-- SPDX-License-Identifier: Apache-2.0
-- A service in Lua: geo.lua [KEY=VALUE...]. Keys: every, settings (name = value, read at its start), peer (whom it asks with
-- PING), store (a redis that it fills), kb (each time so much).
local socket = require("socket")
local options = {every = "0.3", kb = "400"}
for _, word in ipairs(arg) do
  local key, value = word:match("^(%w+)=(.*)$")
  options[key] = value
end
local count = 0

local function read(path)
  local zones = {}
  for line in io.lines(path) do
    local name, value = line:match("^(%w+)%s*=%s*(.*)$")
    zones[name] = tonumber(value) + 0
  end
  return zones
end

local function talk(address, words)
  local host, port = address:match("^(.*):(%d+)$")
  local peer = socket.tcp()
  peer:settimeout(1)
  assert(peer:connect(host, tonumber(port)))
  assert(peer:send(words))
  local answer = assert(peer:receive("*l"))
  peer:close()
  if answer:sub(1, 1) == "-" then
    error("refused: " .. answer)
  end
end

local function handle()
  if options.peer then
    talk(options.peer, "PING\r\n")
  end
  if options.store then
    local text = ("x"):rep(tonumber(options.kb) * 1024)
    talk(options.store, ("*3\r\n$3\r\nSET\r\n$9\r\n%09d\r\n$%d\r\n%s\r\n"):format(count, #text, text))
  end
end

if options.settings then
  read(options.settings)
end
while true do
  count = count + 1
  socket.sleep(tonumber(options.every))
  xpcall(handle, function(message) io.stderr:write("lua: ", debug.traceback(message), "\n") end)
end
