-- Rebuilding after a restart: every session, index and timer is looked at in small steps, what can
-- be derived is repaired, and what is damaged is moved to quarantine and reported. Nothing is
-- dropped, and nothing here is fatal.

local QUARANTINE = 'tradermind:quarantine'

local function report_new()
  return { checked = 0, repaired = {}, quarantined = {} }
end

local function note(list, key, problem)
  list[#list + 1] = '{"key":' .. quote(key) .. ',"problem":' .. quote(problem) .. '}'
end

local function note_quarantined(report, name, key, problem, now)
  local entry = '{"key":' .. quote(key) .. ',"problem":' .. quote(problem)
    .. ',"at":' .. int(now) .. '}'
  redis.call('HSET', QUARANTINE, name, entry)
  note(report.quarantined, key, problem)
  changes.system('alert.quarantined', now, ',"key":' .. quote(key) .. ',"problem":' .. quote(problem))
end

-- A name under tradermind:quarantine: that is not taken.
local function quarantine_name(key, now)
  local base = QUARANTINE .. ':' .. string.gsub(key, '^tradermind:', '')
  local name, attempt = base, 0
  while redis.call('EXISTS', name) == 1 do
    attempt = attempt + 1
    name = base .. ':' .. int(now) .. '-' .. int(attempt)
  end
  return name
end

local function quarantine_key(report, key, problem, now)
  local name = quarantine_name(key, now)
  redis.call('RENAME', key, name)
  redis.call('PERSIST', name)
  note_quarantined(report, name, key, problem, now)
end

local function quarantine_value(report, key, field, value, problem, now)
  local name = quarantine_name(key .. ':' .. string.sub(field, 1, 80), now)
  redis.call('SET', name, value)
  note_quarantined(report, name, key, problem, now)
end

-- Moves a key of a wrong type away; true when it is there with the right one.
local function has_type(report, key, wanted, now)
  local found = redis.call('TYPE', key).ok
  if found == wanted then return true end
  if found ~= 'none' then
    quarantine_key(report, key, 'is a ' .. found .. ' and not a ' .. wanted, now)
  end
  return false
end

-- All sound participants; damaged ones go to quarantine, members of the set without a record get
-- one.
local function sound_participants(report, record, now)
  local id = record.id
  local records_key = session_part(id, 'participant_records')
  local found, by_user = {}, {}
  if has_type(report, records_key, 'hash', now) then
    local fields = redis.call('HGETALL', records_key)
    for place = 1, #fields, 2 do
      local participant = stored.decode_participant(fields[place + 1], fields[place])
      if participant then
        found[#found + 1] = participant
        by_user[participant.user_id] = true
      else
        quarantine_value(
          report, records_key, fields[place], fields[place + 1], 'holds a damaged participant', now)
        redis.call('HDEL', records_key, fields[place])
      end
    end
  end
  local set_key = session_part(id, 'participants')
  if has_type(report, set_key, 'set', now) then
    for _, user_id in ipairs(sorted_members(set_key)) do
      if not by_user[user_id] and is_identifier(user_id) then
        found[#found + 1] = {
          user_id = user_id, status = 'ACTIVE', joined_at = now, changed_at = now,
          pnl = decimal.zero, trade_count = 0, recent_trades = {}, is_new = true,
        }
        note(report.repaired, set_key, 'had a member without a record')
      end
    end
  end
  return found
end

local function members_of(key)
  local members = {}
  for _, member in ipairs(keep('SMEMBERS', key) or {}) do members[member] = true end
  return members
end

-- Makes the sets follow from the records, and writes only where they do not; gives the count and
-- the sum of pnl.
local function rebuild_participants(report, record, participants, now)
  local id = record.id
  local set_key = session_part(id, 'participants')
  has_type(report, session_part(id, 'waiting'), 'set', now)
  has_type(report, session_part(id, 'trade_limited'), 'zset', now)
  local members, waiting = members_of(set_key), members_of(session_part(id, 'waiting'))
  local count, sum = 0, decimal.zero
  for _, participant in ipairs(participants) do
    local user_id = participant.user_id
    local is_in, waits = takes_part[participant.status] ~= nil, participant.status == 'PENDING'
    local user_key = user_sessions_key(user_id)
    has_type(report, user_key, 'set', now)
    local is_right = (members[user_id] or false) == is_in and (waiting[user_id] or false) == waits
      and (redis.call('SISMEMBER', user_key, id) == 1) == is_in and not participant.is_new
    if not is_right then
      stored.save_participant(id, participant)
      note(report.repaired, set_key, 'and the other sets did not follow from the records')
    end
    local times, limit = participant.recent_trades, record.config.max_trades_per_hour
    if #times >= limit then
      local oldest = times[#times - limit + 1]
      redis.call(
        'ZADD', session_part(id, 'trade_limited'), oldest + limits.trade_window_ms, user_id)
    end
    if is_in then count = count + 1 end
    members[user_id] = nil
    sum = decimal.add(sum, participant.pnl) or sum
  end
  for user_id in pairs(members) do
    redis.call('SREM', set_key, user_id)
    note(report.repaired, set_key, 'had a member that is no user')
  end
  return count, sum
end

local function repair_indexes_of(report, record, now)
  has_type(report, TIMERS, 'zset', now)
  has_type(report, RETENTION, 'zset', now)
  has_type(report, INDEX, 'zset', now)
  has_type(report, LIVE_MARKETS, 'set', now)
  local is_indexed = true
  for _, status in ipairs(statuses) do
    has_type(report, status_index(status), 'zset', now)
    local score = redis.call('ZSCORE', status_index(status), record.id)
    if (score ~= false) ~= (status == record.status) then is_indexed = false end
  end
  for _, market in ipairs(record.config.allowed_markets) do
    has_type(report, market_index(market), 'zset', now)
    local score = redis.call('ZSCORE', market_index(market), record.id)
    local expected = live[record.status] and record.started_at or nil
    if (score and tonumber(score) or nil) ~= expected then is_indexed = false end
    if expected and redis.call('SISMEMBER', LIVE_MARKETS, market) == 0 then is_indexed = false end
  end
  local timer = redis.call('ZSCORE', TIMERS, record.id)
  if live[record.status] then
    if not timer or tonumber(timer) ~= record.ends_at then is_indexed = false end
  elseif timer then
    is_indexed = false
  end
  local kept_since = redis.call('ZSCORE', RETENTION, record.id)
  local ended_at = record.status == 'COMPLETED' and record.completed_at or nil
  if (kept_since and tonumber(kept_since) or nil) ~= ended_at then is_indexed = false end
  if not redis.call('ZSCORE', INDEX, record.id) then is_indexed = false end
  if not is_indexed then
    stored.index(record)
    note(report.repaired, session_key(record.id), 'was not indexed as it should be')
  end
end

-- A feed that a session waits for, or goes on without, is one that is lost: else no tick would
-- bring it back. Nobody else is known to have been told.
local function repair_lost_feeds(report, record)
  if not live[record.status] then return end
  local markets = {}
  for _, cause in ipairs(record.pause_causes) do
    markets[#markets + 1] = string.match(cause, '^FEED:(.*)$')
  end
  for _, market in ipairs(record.feed_overrides) do markets[#markets + 1] = market end
  for _, market in ipairs(markets) do
    if redis.call('HSETNX', LOST_FEEDS, market, '0') == 1 then
      note(report.repaired, LOST_FEEDS, 'lacked a feed that a session waits for')
    end
  end
end

local function repair_session(report, key, id, now)
  report.checked = report.checked + 1
  if not is_identifier(id) then
    quarantine_key(report, key, 'has a name that is no id', now)
    return
  end
  if not has_type(report, key, 'string', now) then return end
  local record, problem = stored.decode(redis.call('GET', key), id)
  if not record then
    quarantine_key(report, key, problem, now)
    return
  end
  local participants = sound_participants(report, record, now)
  local count, sum = rebuild_participants(report, record, participants, now)
  repair_indexes_of(report, record, now)
  has_type(report, LOST_FEEDS, 'hash', now)
  repair_lost_feeds(report, record)
  local old_status = record.status
  local is_right = record.participant_count == count and decimal.compare(record.pnl, sum) == 0
  if not is_right then
    record.participant_count = count
    record.pnl = sum
    note(report.repaired, key, 'had sums that differ from its participants')
    local kind = 'session.repaired'
    if live[record.status] and is_breached(record) then
      changes.complete(record, 'LOSS_THRESHOLD', now)
      kind = 'session.completed'
    end
    changes.session(record, old_status, kind, now)
  end
end

local phases = {}

function phases.sessions(report, cursor, now)
  local page = redis.call(
    'SCAN', cursor, 'MATCH', 'tradermind:sessions:*', 'COUNT', limits.repair_batch)
  for _, key in ipairs(page[2]) do
    local id = string.match(key, '^tradermind:sessions:([^:]+)$')
    if id then repair_session(report, key, id, now) end
  end
  return page[1]
end

local function drop_gone(report, key, ids, remove)
  for _, id in ipairs(ids) do
    report.checked = report.checked + 1
    if redis.call('EXISTS', session_key(id)) == 0 then
      redis.call(remove, key, id)
      note(report.repaired, key, 'named a session that is gone')
    end
  end
end

-- Index entries whose session is gone.
function phases.indexes(report, cursor, now)
  if cursor == '0' then
    local keys = { INDEX, TIMERS, RETENTION }
    for _, status in ipairs(statuses) do keys[#keys + 1] = status_index(status) end
    for _, key in ipairs(keys) do
      if has_type(report, key, 'zset', now) then
        drop_gone(report, key, redis.call('ZRANGE', key, 0, -1), 'ZREM')
      end
    end
  end
  local page = redis.call('SCAN', cursor, 'MATCH', market_index('*'), 'COUNT', limits.scan_count)
  for _, key in ipairs(page[2]) do
    if has_type(report, key, 'zset', now) then
      drop_gone(report, key, redis.call('ZRANGE', key, 0, -1), 'ZREM')
    end
  end
  return page[1]
end

-- The queue against the signals' records: what is no signal goes to quarantine, what is twice or no
-- longer waits is taken off, and what waits without being queued is queued.
function phases.signals(report, _, now)
  has_type(report, EXPIRIES, 'zset', now)
  has_type(report, LEASES, 'zset', now)
  local queued = {}
  if has_type(report, QUEUE, 'list', now) then
    for _, entry in ipairs(redis.call('LRANGE', QUEUE, 0, -1)) do
      report.checked = report.checked + 1
      local id = signals.ids_of_entry(entry)
      local signal = id and signals.find(id)
      if not signal or signals.queue_entry(signal) ~= entry then
        redis.call('LREM', QUEUE, 1, entry)
        quarantine_value(report, QUEUE, id or 'entry', entry, 'holds an entry that is no signal', now)
      elseif queued[id] or signal.status ~= 'PENDING' then
        redis.call('LREM', QUEUE, -1, entry)
        note(report.repaired, QUEUE, 'held a signal that does not wait')
      else
        queued[id] = true
        if not redis.call('ZSCORE', EXPIRIES, id) then
          redis.call('ZADD', EXPIRIES, signal.expires_at, id)
          note(report.repaired, EXPIRIES, 'lacked a signal that waits')
        end
      end
    end
  end
  for _, session_id in ipairs(redis.call('ZRANGE', INDEX, 0, -1)) do
    local key = session_part(session_id, 'live_signals')
    if has_type(report, key, 'set', now) then
      for _, id in ipairs(sorted_members(key)) do
        local signal = signals.find(id)
        if not signal then
          redis.call('SREM', key, id)
          note(report.repaired, key, 'named a signal that is gone')
        elseif signal.status == 'PENDING' and not queued[id] then
          redis.call('RPUSH', QUEUE, signals.queue_entry(signal))
          redis.call('ZADD', EXPIRIES, signal.expires_at, id)
          note(report.repaired, QUEUE, 'lacked a signal that waits')
        elseif signal.status == 'CLAIMED' and not redis.call('ZSCORE', LEASES, id) then
          redis.call('ZADD', LEASES, signal.lease_until or now, id)
          note(report.repaired, LEASES, 'lacked a claimed signal')
        end
      end
    end
  end
  return '0'
end

function phases.kill_switches(report, _, now)
  if has_type(report, KILL_SWITCHES, 'hash', now) then
    local fields = redis.call('HGETALL', KILL_SWITCHES)
    for place = 1, #fields, 2 do
      report.checked = report.checked + 1
      local scope, text = fields[place], fields[place + 1]
      local ok, switch = decode_json(text)
      if not parse_scope(scope) then
        quarantine_value(report, KILL_SWITCHES, 'scope', scope .. ' ' .. text, 'has no known scope', now)
        redis.call('HDEL', KILL_SWITCHES, scope)
      elseif not ok or type(switch) ~= 'table' or switch.scope ~= scope then
        -- Unreadable, but somebody engaged it: it stays engaged, with a record that can be read.
        quarantine_value(report, KILL_SWITCHES, 'scope', text, 'holds a damaged switch', now)
        redis.call(
          'HSET', KILL_SWITCHES, scope,
          '{"scope":' .. quote(scope) .. ',"reason":"damaged record","engaged_by":"unknown",'
            .. '"engaged_at":' .. int(now) .. '}')
      end
      -- What came back from a backup or was not indexed when the switch was engaged ends now.
      if parse_scope(scope) then enforce(scope, now) end
    end
  end
  return '0'
end

local phase_after = {
  sessions = 'indexes', indexes = 'signals', signals = 'kill_switches', kill_switches = 'done',
}

-- One step of the rebuild. Start without arguments; repeat with the `phase` and `cursor` of the
-- reply until the phase is `done`.
register('repair', nil, { phase = 'phase?', cursor = 'cursor?' }, function(request, now)
  local phase = request.phase or 'sessions'
  if request.cursor and not string.match(request.cursor, '^%d+$') then
    refuse('INVALID_REQUEST', 'is not a cursor', { field = 'cursor' })
  end
  local report = report_new()
  local cursor = phases[phase](report, request.cursor or '0', now)
  if cursor == '0' then phase = phase_after[phase] end
  return '{"phase":' .. quote(phase) .. ',"cursor":' .. quote(cursor)
    .. ',"checked":' .. int(report.checked)
    .. ',"repaired":' .. json_list(report.repaired)
    .. ',"quarantined":' .. json_list(report.quarantined) .. '}'
end)

local REBUILDS = 'tradermind:rebuilds'

-- What a node's walk came to, for admins; the last one of each node, of a bounded number of nodes.
register('rebuild_note', nil, {
  node = 'node', checked = 'count', repaired = 'count', quarantined = 'count', complete = 'flag',
}, function(request, now)
  local kept = redis.pcall('HKEYS', REBUILDS)
  if kept.err then
    redis.call('DEL', REBUILDS)
    kept = {}
  end
  if #kept >= limits.rebuilds_max and not contains(kept, request.node) then
    redis.call('HDEL', REBUILDS, kept[1])
  end
  redis.call('HSET', REBUILDS, request.node,
    '{"node":' .. quote(request.node) .. ',"finished_at":' .. int(now)
      .. ',"complete":' .. tostring(request.complete) .. ',"checked":' .. int(request.checked)
      .. ',"repaired":' .. int(request.repaired)
      .. ',"quarantined":' .. int(request.quarantined) .. '}')
  return '{}'
end)

-- The objects among a list of stored texts, up to a bound.
local function sound_texts(texts, max)
  local sound = {}
  for _, text in ipairs(texts) do
    local ok, value = decode_json(text)
    if ok and type(value) == 'table' and #sound < max then sound[#sound + 1] = text end
  end
  return sound
end

-- The last walk of each node, and what lies in quarantine, up to a hundred of it.
register('rebuild_report', { 'no-writes' }, {}, function()
  local rebuilds = redis.pcall('HVALS', REBUILDS)
  local count = redis.pcall('HLEN', QUARANTINE)
  local page = redis.pcall('HSCAN', QUARANTINE, 0, 'COUNT', limits.quarantine_report_max)
  local texts = {}
  for place = 2, page.err and 0 or #page[2], 2 do texts[#texts + 1] = page[2][place] end
  return '{"rebuilds":' .. json_list(sound_texts(rebuilds.err and {} or rebuilds, limits.rebuilds_max))
    .. ',"quarantined":' .. json_list(sound_texts(texts, limits.quarantine_report_max))
    .. ',"quarantined_count":' .. int(type(count) == 'number' and count or 0) .. '}'
end)
