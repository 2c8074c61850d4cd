-- Sequenced, cached publications: one counter and one short history per channel.
--
-- A counter that went back would let a subscriber miss messages without knowing. Redis may lose its
-- last writes in a crash or a failover, so an epoch is bound to the life of this process: `boot` is
-- set once, on first use, and is gone with the process. The first publication after a restart begins
-- a new epoch, and a subscriber that asks for the old one is told that it cannot be recovered.
local boot

local channels = {}

local function boot_mark()
  if not boot then
    local time = redis.call('TIME')
    boot = string.format('%x%05x', tonumber(time[1]), tonumber(time[2]))
  end
  return boot
end

local function channel_keys(channel)
  local key = 'tradermind:channels:' .. channel
  return key, key .. ':history'
end

-- The count that is stored, nil for anything that Redis could not go on counting.
local function stored_count(text)
  return text and string.match(text, '^%d+$') and tonumber(text) or nil
end

-- The channel's epoch and sequence; makes a new epoch where there is none of this process.
function channels.open(channel)
  local key, history = channel_keys(channel)
  -- A key of a wrong type is no counter: it is replaced, and the epoch says so.
  local state = redis.pcall('HMGET', key, 'epoch', 'seq', 'boot')
  local seq = stored_count(state[2])
  if state[1] and seq and state[3] == boot_mark() then return state[1], seq end
  local time = redis.call('TIME')
  local epoch = string.format('%x%05x', tonumber(time[1]), tonumber(time[2]))
  redis.call('DEL', key, history)
  redis.call('HSET', key, 'epoch', epoch, 'seq', '0', 'boot', boot_mark())
  redis.call('PEXPIRE', key, limits.channel_ttl_ms)
  return epoch, 0
end

-- The channel's epoch and sequence without beginning one: an empty epoch and 0 where there is none.
function channels.position(channel)
  local state = redis.pcall('HMGET', (channel_keys(channel)), 'epoch', 'seq', 'boot')
  local seq = stored_count(state[2])
  if state[1] and seq and state[3] == boot_mark() then return state[1], seq end
  return '', 0
end

function channels.publish(channel, json, history_size, history_ttl)
  local key, history = channel_keys(channel)
  local epoch = channels.open(channel)
  local seq = redis.call('HINCRBY', key, 'seq', 1)
  local message = '#' .. epoch .. ':' .. int(seq) .. ' ' .. json
  redis.call('PEXPIRE', key, limits.channel_ttl_ms)
  history_size = history_size or limits.history_default
  if history_size > 0 then
    local length = redis.pcall('RPUSH', history, message)
    if type(length) == 'table' then
      redis.call('DEL', history)
      length = redis.call('RPUSH', history, message)
    end
    if length > history_size then redis.call('LTRIM', history, -history_size, -1) end
    redis.call('PEXPIRE', history, history_ttl or limits.history_ttl_ms_default)
  else
    -- A history with a hole would pass for a complete one.
    redis.call('DEL', history)
  end
  redis.call('PUBLISH', 'tradermind:events:' .. channel, message)
  return epoch, seq
end

local function is_channel(channel)
  if type(channel) ~= 'string' or #channel > limits.channel_bytes_max then return false end
  if channel == 'sessions' or channel == 'system' then return true end
  local kind, name = string.match(channel, '^(%l+):(.*)$')
  if kind == 'ticks' then return is_market(name) end
  return (kind == 'session' or kind == 'signals' or kind == 'user') and is_identifier(name)
end

local function argument_refusal(field)
  local refusal = {
    refusal = 'INVALID_REQUEST', reason = 'is malformed or out of range', fields = { field = field },
  }
  return { 'REFUSED', refusal.refusal, encode_refusal(refusal) }
end

-- FCALL tradermind_publish 0 <channel> <json> [history size] [history ttl ms]
redis.register_function {
  function_name = 'tradermind_publish',
  callback = function(_, arguments)
    local channel, json = arguments[1], arguments[2]
    local size = tonumber(arguments[3] or limits.history_default)
    local ttl = tonumber(arguments[4] or limits.history_ttl_ms_default)
    if not is_channel(channel) then return argument_refusal('channel') end
    if not json or #json > limits.publication_bytes_max or not is_publishable(json) then
      return argument_refusal('json')
    end
    if not is_integer(size, 0, limits.history_max) then return argument_refusal('history_size') end
    if not is_integer(ttl, 1, limits.history_ttl_ms_max) then
      return argument_refusal('history_ttl_ms')
    end
    local epoch, seq = channels.publish(channel, json, size, ttl)
    return { 'OK', epoch, seq }
  end,
}

-- FCALL tradermind_positions 0 <channel>…
-- Where channels are, and nothing is begun: an empty epoch and 0 where nobody has published.
redis.register_function {
  function_name = 'tradermind_positions',
  callback = function(_, arguments)
    if #arguments > limits.positions_max then return argument_refusal('channel') end
    local reply = { 'OK' }
    for index, channel in ipairs(arguments) do
      reply[index * 2], reply[index * 2 + 1] = channels.position(channel)
    end
    return reply
  end,
  flags = { 'no-writes' },
}

-- FCALL tradermind_history 0 <channel> [epoch] [seq] [limit]
-- What followed that position, oldest first; without one, the newest messages. Nothing is begun: an
-- empty epoch and 0 where nobody has published.
redis.register_function {
  function_name = 'tradermind_history',
  callback = function(_, arguments)
    local channel, since = arguments[1], arguments[2]
    local after = tonumber(arguments[3] or '')
    local limit = tonumber(arguments[4] or limits.history_default)
    if not is_channel(channel) then return argument_refusal('channel') end
    if not is_integer(limit, 0, limits.history_max) then return argument_refusal('limit') end
    local wants_recovery = since ~= nil and since ~= ''
    if wants_recovery and not is_integer(after, 0, 9007199254740991) then
      return argument_refusal('seq')
    end
    local _, history = channel_keys(channel)
    local epoch, seq = channels.position(channel)
    local missed = wants_recovery and seq - after or limit
    local is_whole = wants_recovery and since == epoch and missed >= 0 and missed <= limit
    if epoch == '' or missed == 0 or wants_recovery and not is_whole then
      return { 'OK', epoch, seq, is_whole and 1 or 0, {} }
    end
    local messages = redis.pcall('LRANGE', history, -missed, -1)
    if messages.err then messages = {} end
    if is_whole and #messages < missed then is_whole, messages = false, {} end
    return { 'OK', epoch, seq, is_whole and 1 or 0, messages }
  end,
  flags = { 'no-writes' },
}
