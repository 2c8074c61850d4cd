-- Creating, reading, listing and controlling sessions (domain: State machine).

local function reply_session(record)
  return '{"session":' .. record.text .. '}'
end

local function reason_field(request)
  if request.reason == nil then return '' end
  return ',"reason":' .. quote(request.reason)
end

register('session_create', nil, {
  session_id = 'id~', actor = 'id', name = 'name', config = 'config',
  idempotency_key = 'idempotency_key?',
}, function(request, now)
  if redis.call('EXISTS', session_key(request.session_id)) == 1 then
    refuse('ALREADY_EXISTS', 'there is a session of that id')
  end
  local open = redis.call('ZCARD', INDEX) - redis.call('ZCARD', status_index('COMPLETED'))
  if open >= limits.open_sessions_max then
    refuse('TOO_MANY_SESSIONS', 'there are too many open sessions')
  end
  local record = {
    id = request.session_id, name = request.name, status = 'PENDING', config = request.config,
    admin_id = request.actor, version = 1, created_at = now, pause_causes = {},
    feed_overrides = {}, participant_count = 0, pnl = decimal.zero,
  }
  changes.created(record, now)
  return reply_session(record)
end)

register('session_get', { 'no-writes' }, {
  session_id = 'id', user_id = 'id?',
}, function(request)
  local record = stored.get(request.session_id)
  if not request.user_id then return reply_session(record) end
  local participant = stored.participant(record.id, request.user_id)
  local text = participant and stored.encode_participant(participant) or 'null'
  return '{"session":' .. record.text .. ',"participant":' .. text .. '}'
end)

-- Newest first. The cursor is the place of the last session of a page: `<created_at>:<id>`.
register('session_list', { 'no-writes' }, {
  status = 'status?', limit = 'page?', cursor = 'cursor?',
}, function(request)
  local index = request.status and status_index(request.status) or INDEX
  local limit = request.limit or limits.page_default
  local top, top_id = '+inf', nil
  if request.cursor then
    local time, id = string.match(request.cursor, '^(%d+):([%w_%-]+)$')
    if not time then refuse('INVALID_REQUEST', 'is not a cursor', { field = 'cursor' }) end
    top, top_id = time, id
  end
  local texts, bytes, last, has_more, offset = {}, 0, nil, false, 0
  repeat
    local batch = redis.call(
      'ZREVRANGEBYSCORE', index, top, '-inf', 'WITHSCORES', 'LIMIT', offset, limit + 1)
    offset = offset + #batch / 2
    for place = 1, #batch, 2 do
      local id, time = batch[place], batch[place + 1]
      -- Among sessions of the same millisecond Redis goes backwards through their ids.
      local was_seen = top_id and tonumber(time) == tonumber(top) and id >= top_id
      if not was_seen then
        has_more = #texts == limit or bytes > limits.reply_bytes_max
        if has_more then break end
        local record = stored.find_sound(id)
        if record then
          texts[#texts + 1] = record.text
          bytes = bytes + #record.text
          last = time .. ':' .. id
        end
      end
    end
  until has_more or #batch < 2 * (limit + 1)
  local cursor = has_more and last or nil
  return '{"sessions":' .. json_list(texts) .. ',"next_cursor":' .. quote_or_null(cursor) .. '}'
end)

-- The admin's transitions: each gives the kind of its event, or refuses.
local transitions = {}

function transitions.start(record, now)
  if record.status ~= 'PENDING' then wrong_status(record) end
  kill_switches.check(record.id, nil, nil, record.status)
  record.status = 'ACTIVE'
  record.started_at = now
  record.ends_at = now + record.config.duration_minutes * 60000
  return 'session.started'
end

function transitions.pause(record)
  if not live[record.status] or contains(record.pause_causes, 'ADMIN') then wrong_status(record) end
  return changes.pause(record, 'ADMIN')
end

-- An admin's resume clears every cause; the present loss of a feed is overridden until it is back.
function transitions.resume(record)
  if record.status ~= 'PAUSED' then wrong_status(record) end
  kill_switches.check(record.id, nil, nil, record.status)
  for _, cause in ipairs(record.pause_causes) do
    local market = string.match(cause, '^FEED:(.*)$')
    if market and not contains(record.feed_overrides, market) then
      record.feed_overrides[#record.feed_overrides + 1] = market
    end
  end
  changes.resume(record)
  return 'session.resumed'
end

function transitions.stop(record, now)
  if not takes_signals[record.status] then wrong_status(record) end
  changes.complete(record, 'ADMIN_STOP', now)
  return 'session.completed'
end

function transitions.terminate(record, now)
  if record.status == 'COMPLETED' then wrong_status(record) end
  changes.complete(record, 'ADMIN_TERMINATED', now)
  return 'session.completed'
end

function transitions.delete(record)
  if record.status ~= 'PENDING' and record.status ~= 'COMPLETED' then wrong_status(record) end
  return 'session.deleted'
end

function transitions.update(record, _, request)
  if record.status ~= 'PENDING' then wrong_status(record) end
  if request.config.max_participants < record.participant_count then
    refuse(
      'TOO_MANY_PARTICIPANTS', 'more users take part already',
      { field = 'max_participants', participant_count = record.participant_count,
        current_status = record.status })
  end
  record.config = request.config
  return 'session.updated'
end

local function register_transition(name, flags, config)
  register_timely('session_' .. name, flags, {
    session_id = 'id', actor = 'id', expected_version = 'version?', reason = 'reason?',
    config = config, idempotency_key = 'idempotency_key?',
  }, function(request, now)
    local record = stored.get(request.session_id, request.expected_version)
    local old_status = record.status
    local kind = transitions[name](record, now, request)
    local fields = reason_field(request) .. ',"by":' .. quote(request.actor)
    changes.session(record, old_status, kind, now, fields)
    return reply_session(record)
  end)
end

-- What ends or holds a session must work when Redis is out of memory.
register_transition('start')
register_transition('pause', { 'allow-oom' })
register_transition('resume')
register_transition('stop', { 'allow-oom' })
register_transition('terminate', { 'allow-oom' })
register_transition('update', nil, 'config')
register_transition('delete', { 'allow-oom' })
