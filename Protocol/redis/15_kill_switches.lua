-- Engaging, releasing and listing kill switches (domain: Kill switch).

local AUDIT = 'tradermind:kill_switches:audit'

local function audit(entry)
  keep('RPUSH', AUDIT, entry)
  keep('LTRIM', AUDIT, -limits.audit_entries_max, -1)
end

local function kill_session(id, now)
  local record = stored.find_sound(id)
  if not record or not live[record.status] then return false end
  local old_status = record.status
  changes.complete(record, 'KILL_SWITCH', now)
  changes.session(record, old_status, 'session.completed', now)
  return true
end

local function kill_all(now)
  local ids, ended = {}, {}
  for status in pairs(live) do
    for _, id in ipairs(keep('ZRANGE', status_index(status), 0, -1) or {}) do ids[#ids + 1] = id end
  end
  table.sort(ids)
  for _, id in ipairs(ids) do
    if kill_session(id, now) then ended[#ended + 1] = id end
  end
  return ended
end

-- Ends a user's participations; gives the ids of their sessions.
local function kill_user(user_id, now)
  local stopped = {}
  for _, id in ipairs(sorted_members(user_sessions_key(user_id))) do
    local record = stored.find_sound(id)
    local text = record and keep('HGET', session_part(id, 'participant_records'), user_id)
    local participant = text and stored.decode_participant(text, user_id)
    if participant and record.status ~= 'COMPLETED' and takes_part[participant.status] then
      become(participant, 'STOPPED', now, 'KILL_SWITCH')
      record.participant_count = record.participant_count - 1
      changes.participant(record, participant, now)
      changes.session(record, record.status, 'session.participant_stopped', now)
      stopped[#stopped + 1] = id
    end
  end
  return stopped
end

local function kill_market(market, now)
  local count = 0
  for _, id in ipairs(stored.sessions_of(market)) do
    count = count + signals.cancel_waiting(id, now, market)
  end
  return count
end

-- The first of a list, as many as fit an event.
local function first_of(ids)
  if #ids <= limits.event_ids_max then return ids end
  return { unpack(ids, 1, limits.event_ids_max) }
end

-- Gives what an engaged switch ended, as the fields of a JSON object: all of it, and what is told.
local function enforce(scope, now)
  local kind, name = parse_scope(scope)
  local ended, stopped, cancelled = {}, {}, 0
  if kind == 'global' then
    ended = kill_all(now)
  elseif kind == 'session' then
    if kill_session(name, now) then ended = { name } end
  elseif kind == 'user' then
    stopped = kill_user(name, now)
  else
    cancelled = kill_market(name, now)
  end
  local function fields(some)
    return '"ended_session_ids":' .. quoted_list(some(ended))
      .. ',"stopped_participations":' .. quoted_list(some(stopped))
      .. ',"cancelled_signals":' .. int(cancelled)
  end
  return fields(function(ids) return ids end), fields(first_of)
end

register_timely('kill_switch_engage', { 'allow-oom' }, {
  scope = 'scope', reason = 'reason', actor = 'id', idempotency_key = 'idempotency_key?',
}, function(request, now)
  local existing = redis.call('HGET', KILL_SWITCHES, request.scope)
  if existing then
    return '{"engaged":false,"kill_switch":' .. existing
      .. ',"ended_session_ids":[],"stopped_participations":[],"cancelled_signals":0}'
  end
  local switch = '{"scope":' .. quote(request.scope) .. ',"reason":' .. quote(request.reason)
    .. ',"engaged_by":' .. quote(request.actor) .. ',"engaged_at":' .. int(now) .. '}'
  redis.call('HSET', KILL_SWITCHES, request.scope, switch)
  local whole, told = enforce(request.scope, now)
  local fields = ',"kill_switch":' .. switch .. ',' .. whole
  audit('{"action":"ENGAGED","at":' .. int(now) .. fields .. '}')
  changes.system('kill_switch.engaged', now, ',"kill_switch":' .. switch .. ',' .. told)
  return '{"engaged":true' .. fields .. '}'
end)

register('kill_switch_release', nil, {
  scope = 'scope', reason = 'reason?', actor = 'id', idempotency_key = 'idempotency_key?',
}, function(request, now)
  local switch = redis.call('HGET', KILL_SWITCHES, request.scope)
  if not switch then refuse('NOT_FOUND', 'the kill switch is not engaged', { scope = request.scope }) end
  redis.call('HDEL', KILL_SWITCHES, request.scope)
  local fields = ',"kill_switch":' .. switch .. ',"released_by":' .. quote(request.actor)
    .. reason_field(request)
  audit('{"action":"RELEASED","at":' .. int(now) .. fields .. '}')
  changes.system('kill_switch.released', now, fields)
  return '{"released":true' .. fields .. '}'
end)

register('kill_switch_list', { 'no-writes' }, {}, function()
  local pairs_found = redis.call('HGETALL', KILL_SWITCHES)
  local scopes, by_scope = {}, {}
  for place = 1, #pairs_found, 2 do
    scopes[#scopes + 1] = pairs_found[place]
    by_scope[pairs_found[place]] = pairs_found[place + 1]
  end
  table.sort(scopes)
  local texts = {}
  for index, scope in ipairs(scopes) do texts[index] = by_scope[scope] end
  return '{"kill_switches":' .. json_list(texts) .. '}'
end)
