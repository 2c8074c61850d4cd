-- How a session and its participants lie in Redis, and the indexes that belong to them.
local stored = {}

local statuses = { 'PENDING', 'ACTIVE', 'RUNNING', 'PAUSED', 'COMPLETED' }
local live = { ACTIVE = true, RUNNING = true, PAUSED = true }
local takes_signals = { ACTIVE = true, RUNNING = true }
local takes_part = { PENDING = true, ACTIVE = true }
local end_reasons = {
  'ADMIN_STOP', 'LOSS_THRESHOLD', 'TIME_LIMIT', 'ADMIN_TERMINATED', 'KILL_SWITCH',
}
local participant_statuses = {
  'PENDING', 'ACTIVE', 'LEFT', 'REMOVED', 'OPTED_OUT', 'STOPPED', 'FAILED',
}

local INDEX = 'tradermind:index:sessions'
local TIMERS = 'tradermind:timers:sessions'
-- Completed sessions by the time of their end, to be deleted when they have been kept long enough.
local RETENTION = 'tradermind:timers:retention'
-- The markets that some live session allows.
local LIVE_MARKETS = 'tradermind:index:live_markets'

-- A call on what can be rebuilt (indexes, sets, timers). When such a key has a wrong type, the step
-- goes on without it, rather than stop half way; the repair step finds and rebuilds it.
local function keep(...)
  local result = redis.pcall(...)
  if type(result) == 'table' and result.err then
    redis.log(redis.LOG_WARNING, 'tradermind: ' .. result.err .. ' at ' .. tostring(select(2, ...)))
    return nil
  end
  return result
end

local function session_key(id)
  return 'tradermind:sessions:' .. id
end

local function session_part(id, part)
  return 'tradermind:sessions:' .. id .. ':' .. part
end

local function user_sessions_key(user_id)
  return 'tradermind:users:' .. user_id .. ':sessions'
end

local function status_index(status)
  return INDEX .. ':' .. status
end

local function market_index(market)
  return 'tradermind:index:markets:' .. market
end

-- A configuration never changes: its text and what follows from it are made once and kept with it.
local function encoded_config(config)
  if not config.text then
    config.text = encode_config(config)
    config.effective = '{"min_confidence":' .. decimal.print(effective_min_confidence(config))
      .. ',"stake_multiplier":' .. quote(profiles[config.risk_profile].multiplier)
      .. ',"max_stake":' .. quote(effective_max_stake(config)) .. '}'
  end
  return config.text, config.effective
end

-- Checked configurations by their text: checking one takes longer than everything else in a step.
local known_configs, known_config_count = {}, 0

local function remember_config(config)
  local text = encoded_config(config)
  if known_configs[text] then return end
  if known_config_count >= limits.known_configs_max then
    known_configs, known_config_count = {}, 0
  end
  known_configs[text] = config
  known_config_count = known_config_count + 1
end

-- The text of a record without its configuration, and that configuration, when it is known.
local function split_known_config(text)
  local _, before = string.find(text, ',"config":', 1, true)
  local after = before and string.find(text, ',"effective":', before, true)
  local config = after and known_configs[string.sub(text, before + 1, after - 1)]
  if not config then return text, nil end
  return string.sub(text, 1, before) .. 'null' .. string.sub(text, after), config
end

function stored.encode(record)
  local config_text, effective = encoded_config(record.config)
  return table.concat {
    '{"id":', quote(record.id), ',"name":', quote(record.name), ',"status":', quote(record.status),
    ',"config":', config_text, ',"effective":', effective,
    ',"admin_id":', quote(record.admin_id), ',"version":', int(record.version),
    ',"created_at":', int(record.created_at), ',"started_at":', int_or_null(record.started_at),
    ',"ends_at":', int_or_null(record.ends_at),
    ',"completed_at":', int_or_null(record.completed_at),
    ',"end_reason":', quote_or_null(record.end_reason),
    ',"pause_causes":', quoted_list(record.pause_causes),
    ',"status_before_pause":', quote_or_null(record.status_before_pause),
    ',"feed_overrides":', quoted_list(record.feed_overrides),
    ',"participant_count":', int(record.participant_count),
    ',"pnl":', quote(decimal.print(record.pnl)), '}',
  }
end

local function text_list(value)
  if value == nil then return {} end
  if type(value) ~= 'table' then return nil end
  for key, element in pairs(value) do
    if type(key) ~= 'number' or type(element) ~= 'string' then return nil end
  end
  return value
end

-- The record of a stored text, or nil and what is wrong with it.
function stored.decode(text, id)
  local rest, config = split_known_config(text)
  local ok, given = decode_json(rest)
  if not ok or type(given) ~= 'table' then return nil, 'is not a JSON object' end
  local record = {}
  for name, value in pairs(given) do record[name] = value_of(value) end
  if not config then
    local problems
    config, problems = check_config(record.config)
    if not config then return nil, 'has a damaged config field ' .. problems[1].field end
    remember_config(config)
  end
  record.config = config
  record.text = text
  record.pnl = decimal.parse(record.pnl)
  record.pause_causes = text_list(record.pause_causes)
  record.feed_overrides = text_list(record.feed_overrides)
  local largest = 9007199254740991
  local is_sound = record.id == id and is_identifier(id) and type(record.name) == 'string'
    and contains(statuses, record.status) and is_identifier(record.admin_id)
    and is_integer(record.version, 1, largest) and is_integer(record.created_at, 0, largest)
    and is_integer(record.participant_count, 0, limits.participants_max) and record.pnl
    and record.pause_causes and record.feed_overrides
  if not is_sound then return nil, 'has a missing or damaged field' end
  for _, name in ipairs { 'started_at', 'ends_at', 'completed_at' } do
    if record[name] ~= nil and not is_integer(record[name], 0, largest) then
      return nil, 'has a damaged time ' .. name
    end
  end
  if live[record.status] and not (record.started_at and record.ends_at) then
    return nil, 'is live without its times'
  end
  if record.status == 'COMPLETED'
    and not (record.completed_at and contains(end_reasons, record.end_reason)) then
    return nil, 'is completed without time or reason'
  end
  local is_paused = record.status == 'PAUSED'
  if is_paused ~= (#record.pause_causes > 0) or is_paused ~= (record.status_before_pause ~= nil)
    or (is_paused and not takes_signals[record.status_before_pause]) then
    return nil, 'has pause causes that do not fit its status'
  end
  return record
end

-- The record of that id, or nil when there is none. A damaged one is refused by name: only the
-- repair step moves it away.
function stored.find(id)
  local text = redis.pcall('GET', session_key(id))
  if text == false then return nil end
  local record, problem = nil, 'is no string'
  if type(text) == 'string' then record, problem = stored.decode(text, id) end
  if not record then
    refuse('DAMAGED', 'the stored session ' .. problem, { session_id = id })
  end
  return record
end

-- As find, for steps over many sessions, which pass over what is damaged.
function stored.find_sound(id)
  local text = redis.pcall('GET', session_key(id))
  if type(text) ~= 'string' then return nil end
  return (stored.decode(text, id))
end

function stored.get(id, expected_version)
  local record = stored.find(id)
  if not record then refuse('NOT_FOUND', 'there is no such session', { session_id = id }) end
  if expected_version and expected_version ~= record.version then
    refuse(
      'VERSION_CONFLICT', 'the session has changed since',
      { expected_version = expected_version, current_version = record.version,
        current_status = record.status })
  end
  return record
end

function stored.index_market(market, record)
  if live[record.status] then
    keep('ZADD', market_index(market), record.started_at, record.id)
    keep('SADD', LIVE_MARKETS, market)
  else
    keep('ZREM', market_index(market), record.id)
    if keep('ZCARD', market_index(market)) == 0 then keep('SREM', LIVE_MARKETS, market) end
  end
end

-- The live sessions that allow a market and were started after `from` (nil: any) and until `till`
-- (nil: now), by id.
function stored.sessions_of(market, from, till)
  local lowest = from and '(' .. int(from) or '-inf'
  local highest = till and int(till) or '+inf'
  local ids = keep('ZRANGEBYSCORE', market_index(market), lowest, highest) or {}
  table.sort(ids)
  return ids
end

-- Puts the record into the indexes of its status, and out of that of its old one.
local function move_index(record, old_status)
  local id = record.id
  keep('ZADD', status_index(record.status), record.created_at, id)
  if old_status then keep('ZREM', status_index(old_status), id) end
  if live[record.status] and live[old_status] then return end
  for _, market in ipairs(record.config.allowed_markets) do
    stored.index_market(market, record)
  end
  if live[record.status] then
    keep('ZADD', TIMERS, record.ends_at, id)
  else
    keep('ZREM', TIMERS, id)
  end
  if record.status == 'COMPLETED' then keep('ZADD', RETENTION, record.completed_at, id) end
end

-- Puts the record into every index where it belongs, and out of all others.
function stored.index(record)
  keep('ZADD', INDEX, record.created_at, record.id)
  for _, status in ipairs(statuses) do
    if status ~= record.status then keep('ZREM', status_index(status), record.id) end
  end
  if record.status ~= 'COMPLETED' then keep('ZREM', RETENTION, record.id) end
  move_index(record, nil)
end

-- Stores a record; old_status is what the indexes say, nil for a new session.
function stored.save(record, old_status)
  record.text = stored.encode(record)
  redis.call('SET', session_key(record.id), record.text)
  if old_status == nil then
    stored.index(record)
  elseif old_status ~= record.status then
    move_index(record, old_status)
  end
end

function stored.encode_participant(participant)
  local times = {}
  for index, time in ipairs(participant.recent_trades) do times[index] = int(time) end
  return table.concat {
    '{"user_id":', quote(participant.user_id), ',"status":', quote(participant.status),
    ',"stop_reason":', quote_or_null(participant.stop_reason),
    ',"joined_at":', int(participant.joined_at), ',"changed_at":', int(participant.changed_at),
    ',"pnl":', quote(decimal.print(participant.pnl)),
    ',"trade_count":', int(participant.trade_count), ',"recent_trades":', json_list(times), '}',
  }
end

function stored.decode_participant(text, user_id)
  local ok, given = decode_json(text)
  if not ok or type(given) ~= 'table' then return nil end
  local participant = {}
  for name, value in pairs(given) do participant[name] = value_of(value) end
  participant.pnl = decimal.parse(participant.pnl)
  local largest = 9007199254740991
  local is_sound = participant.user_id == user_id and is_identifier(user_id)
    and contains(participant_statuses, participant.status)
    and is_integer(participant.joined_at, 0, largest)
    and is_integer(participant.changed_at, 0, largest)
    and is_integer(participant.trade_count, 0, largest) and participant.pnl
    and type(participant.recent_trades) == 'table'
  if not is_sound then return nil end
  for key, time in pairs(participant.recent_trades) do
    if type(key) ~= 'number' or not is_integer(time, 0, largest) then return nil end
  end
  return participant
end

-- As participant, for steps over many users, which pass over what is damaged.
function stored.sound_participant(session_id, user_id)
  local text = keep('HGET', session_part(session_id, 'participant_records'), user_id)
  return text and stored.decode_participant(text, user_id) or nil
end

function stored.participant(session_id, user_id)
  local text = redis.call('HGET', session_part(session_id, 'participant_records'), user_id)
  if not text then return nil end
  local participant = stored.decode_participant(text, user_id)
  if not participant then
    refuse(
      'DAMAGED', 'the stored participant is damaged',
      { session_id = session_id, user_id = user_id })
  end
  return participant
end

-- Stores a participant and keeps the sets that follow from its status.
function stored.save_participant(session_id, participant)
  local user_id = participant.user_id
  redis.call(
    'HSET', session_part(session_id, 'participant_records'), user_id,
    stored.encode_participant(participant))
  local is_in = takes_part[participant.status] ~= nil
  keep(is_in and 'SADD' or 'SREM', session_part(session_id, 'participants'), user_id)
  keep(is_in and 'SADD' or 'SREM', user_sessions_key(user_id), session_id)
  keep(
    participant.status == 'PENDING' and 'SADD' or 'SREM', session_part(session_id, 'waiting'),
    user_id)
end

-- Removes everything that belongs to a session but its signals.
function stored.delete(record)
  local id = record.id
  local users = keep('HKEYS', session_part(id, 'participant_records')) or {}
  for _, user_id in ipairs(users) do keep('SREM', user_sessions_key(user_id), id) end
  redis.call(
    'DEL', session_key(id), session_part(id, 'participants'),
    session_part(id, 'participant_records'), session_part(id, 'waiting'),
    session_part(id, 'trade_limited'), session_part(id, 'signals'),
    session_part(id, 'live_signals'))
  keep('ZREM', INDEX, id)
  keep('ZREM', TIMERS, id)
  keep('ZREM', RETENTION, id)
  for _, status in ipairs(statuses) do keep('ZREM', status_index(status), id) end
  for _, market in ipairs(record.config.allowed_markets) do stored.index_market(market, record) end
end

-- All ids of a set, in order: what touches many sessions does so in a defined order.
local function sorted_members(key)
  local ids = keep('SMEMBERS', key) or {}
  table.sort(ids)
  return ids
end
