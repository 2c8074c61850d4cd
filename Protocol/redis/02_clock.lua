-- The server's clock, in milliseconds since the Unix epoch. No time ever comes from a caller.
local function clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
