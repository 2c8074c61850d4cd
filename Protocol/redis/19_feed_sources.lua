-- Which node takes ticks from the broker, and which markets the nodes want of it.
--
-- One node feeds all: the one that holds the lease. Every node that could feed calls feed_hold about
-- once a second; whoever finds the lease free takes it. What the nodes' clients want lasts as long as
-- the nodes say so.

local FEEDER = 'tradermind:feeds:feeder'
local DEMAND = 'tradermind:feeds:demand'

local function holder(request)
  return request.node .. ' ' .. request.token
end

-- SET NX PX, or a renewal where the lease is the caller's own.
local function hold_lease(request)
  local own, held = holder(request), redis.call('GET', FEEDER)
  if held == own then
    redis.call('PEXPIRE', FEEDER, request.lease_ms)
    return true
  end
  if held or not request.is_candidate then return false end
  redis.call('SET', FEEDER, own, 'PX', request.lease_ms)
  return true
end

-- Gives the markets that any node wants, and how many nodes could feed; forgets nodes that are gone.
local function demand(now)
  local wanted, candidates = {}, 0
  local entries = redis.call('HGETALL', DEMAND)
  for index = 1, #entries, 2 do
    local till, is_candidate, markets = string.match(entries[index + 1], '^(%d+) ([01])(.*)$')
    if not till or tonumber(till) <= now then
      redis.call('HDEL', DEMAND, entries[index])
    else
      if is_candidate == '1' then candidates = candidates + 1 end
      for market in string.gmatch(markets, '%S+') do wanted[market] = true end
    end
  end
  return wanted, candidates
end

local function sorted_keys(set)
  local keys = {}
  for key in pairs(set) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

register('feed_hold', nil, {
  node = 'node', token = 'id', lease_ms = 'lease', is_candidate = 'flag', markets = 'markets',
}, function(request, now)
  local is_feeder = hold_lease(request)
  local entry = int(now + request.lease_ms) .. ' ' .. (request.is_candidate and '1' or '0')
  for _, market in ipairs(request.markets) do entry = entry .. ' ' .. market end
  redis.call('HSET', DEMAND, request.node, entry)
  redis.call('PEXPIRE', DEMAND, request.lease_ms)
  if not is_feeder then return '{"is_feeder":false}' end
  local wanted, candidates = demand(now)
  return '{"is_feeder":true,"candidate_count":' .. int(candidates)
    .. ',"markets":' .. quoted_list(sorted_keys(wanted))
    .. ',"session_markets":' .. quoted_list(sorted_members(LIVE_MARKETS)) .. '}'
end)

-- Gives the lease up, if it is the caller's own, and what the node's clients wanted.
register('feed_release', { 'allow-oom' }, { node = 'node', token = 'id' }, function(request)
  local is_own = redis.call('GET', FEEDER) == holder(request)
  if is_own then redis.call('DEL', FEEDER) end
  redis.call('HDEL', DEMAND, request.node)
  return '{"released":' .. (is_own and 'true' or 'false') .. '}'
end)
