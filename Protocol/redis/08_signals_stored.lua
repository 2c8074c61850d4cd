-- How signals lie in Redis: a record each, the work queue, and what is due.
local signals = {}

local QUEUE = 'tradermind:signals:pending'
local EXPIRIES = 'tradermind:signals:expiries'
local LEASES = 'tradermind:signals:leases'

local function signal_key(id)
  return 'tradermind:signals:records:' .. id
end

local function encode_proposal(signal)
  return table.concat {
    '"id":', quote(signal.id), ',"session_id":', quote(signal.session_id),
    ',"market":', quote(signal.market), ',"type":', quote(signal.type),
    ',"confidence":', signal.confidence, ',"reason":', quote(signal.reason),
    ',"created_at":', int(signal.created_at), ',"expires_at":', int(signal.expires_at),
  }
end

function signals.queue_entry(signal)
  return '{' .. encode_proposal(signal) .. '}'
end

-- The ids of an entry without decoding it.
function signals.ids_of_entry(entry)
  return string.match(entry, '^{"id":"([%w_%-]+)","session_id":"([%w_%-]+)",')
end

function signals.encode(signal)
  return table.concat {
    '{', encode_proposal(signal), ',"status":', quote(signal.status),
    ',"claimant":', quote_or_null(signal.claimant),
    ',"lease_until":', int_or_null(signal.lease_until),
    ',"claim_count":', int(signal.claim_count),
    ',"outcome_reason":', quote_or_null(signal.outcome_reason), '}',
  }
end

-- The signal of that id; nil when there is none or it is damaged.
function signals.find(id)
  local text = redis.pcall('GET', signal_key(id))
  if type(text) ~= 'string' then return nil end
  local ok, given = decode_json(text)
  if not ok or type(given) ~= 'table' or given.id ~= id then return nil end
  local signal = {}
  for name, value in pairs(given) do signal[name] = value_of(value) end
  signal.confidence = decimal.confidence(signal.confidence)
  local largest = 9007199254740991
  local is_sound = is_identifier(signal.session_id) and is_market(signal.market)
    and (signal.type == 'CALL' or signal.type == 'PUT') and signal.confidence
    and type(signal.reason) == 'string' and is_integer(signal.created_at, 0, largest)
    and is_integer(signal.expires_at, 0, largest) and type(signal.status) == 'string'
    and is_integer(signal.claim_count, 0, largest)
    and (signal.lease_until == nil or is_integer(signal.lease_until, 0, largest))
  return is_sound and signal or nil
end

local function store(signal)
  redis.call(
    'SET', signal_key(signal.id), signals.encode(signal), 'PX', limits.signal_record_ttl_ms)
end

-- Stores a signal's new status, moves it between queue, leases and expiries, and tells of it.
-- `from_queue` says that it waited until now.
function signals.change(signal, kind, now, from_queue)
  local id = signal.id
  store(signal)
  if from_queue then
    keep('LREM', QUEUE, 1, signals.queue_entry(signal))
    keep('ZREM', EXPIRIES, id)
  end
  if signal.status == 'CLAIMED' then
    keep('ZADD', LEASES, signal.lease_until, id)
  else
    keep('ZREM', LEASES, id)
  end
  if signal.status == 'PENDING' then
    keep('ZADD', EXPIRIES, signal.expires_at, id)
    keep('SADD', session_part(signal.session_id, 'live_signals'), id)
    local push = kind == 'signal.returned' and 'LPUSH' or 'RPUSH'
    keep(push, QUEUE, signals.queue_entry(signal))
  elseif signal.status ~= 'CLAIMED' then
    keep('SREM', session_part(signal.session_id, 'live_signals'), id)
  end
  channels.publish(
    'signals:' .. signal.session_id,
    '{"type":' .. quote(kind) .. ',"at":' .. int(now) .. ',"signal":' .. signals.encode(signal)
      .. '}')
end

function signals.cancel(signal, now)
  signal.status = 'CANCELLED'
  signals.change(signal, 'signal.cancelled', now, true)
end

-- Cancels what waits in a session (of one market, if given), oldest first; claimed signals are in
-- work. Gives how many.
function signals.cancel_waiting(session_id, now, market)
  local waiting = {}
  for _, id in ipairs(sorted_members(session_part(session_id, 'live_signals'))) do
    local signal = signals.find(id)
    if signal and signal.status == 'PENDING' and (not market or signal.market == market) then
      waiting[#waiting + 1] = signal
    end
  end
  table.sort(waiting, function(a, b)
    if a.created_at ~= b.created_at then return a.created_at < b.created_at end
    return a.id < b.id
  end)
  for _, signal in ipairs(waiting) do signals.cancel(signal, now) end
  return #waiting
end

-- Removes every signal of a session that is being deleted.
function signals.delete_all(session_id)
  local ids = keep('ZRANGE', session_part(session_id, 'signals'), 0, -1) or {}
  for _, id in ipairs(sorted_members(session_part(session_id, 'live_signals'))) do
    ids[#ids + 1] = id
  end
  for _, id in ipairs(ids) do
    local signal = signals.find(id)
    if signal and signal.status == 'PENDING' then
      keep('LREM', QUEUE, 1, signals.queue_entry(signal))
    end
    redis.call('DEL', signal_key(id))
    keep('ZREM', LEASES, id)
    keep('ZREM', EXPIRIES, id)
  end
end
