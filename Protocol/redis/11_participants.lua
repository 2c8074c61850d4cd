-- Joining, leaving, removing and failing (domain: Participants).

local function reply_participant(record, participant)
  return '{"session":' .. record.text
    .. ',"participant":' .. stored.encode_participant(participant) .. '}'
end

local function become(participant, status, now, stop_reason)
  participant.status = status
  participant.stop_reason = stop_reason
  participant.changed_at = now
end

-- The limit that a sum of pnl has reached, nil for none.
local function limit_reached(config, pnl)
  if decimal.compare(pnl, decimal.negate(decimal.parse(config.stop_loss))) <= 0 then
    return 'STOP_LOSS'
  end
  if decimal.compare(pnl, decimal.parse(config.take_profit)) >= 0 then return 'TAKE_PROFIT' end
  return nil
end

register_timely('session_join', nil, {
  session_id = 'id', user_id = 'id', actor = 'id', balance = 'money?~',
  idempotency_key = 'idempotency_key?',
}, function(request, now)
  local record = stored.get(request.session_id)
  if record.status == 'COMPLETED' then wrong_status(record) end
  local participant = stored.participant(record.id, request.user_id)
  if participant then
    if takes_part[participant.status] then return reply_participant(record, participant) end
    if participant.status == 'REMOVED' then
      refuse('PARTICIPANT_REMOVED', 'an admin removed this user')
    end
    -- A trade that settled after the user had left may have reached a limit.
    if limit_reached(record.config, participant.pnl)
      or (participant.status == 'STOPPED' and participant.stop_reason ~= 'KILL_SWITCH') then
      refuse('PARTICIPANT_STOPPED', 'a limit ended this participation')
    end
  end
  if record.participant_count >= record.config.max_participants then
    refuse('SESSION_FULL', 'the session is full', { current_status = record.status })
  end
  local balance = request.balance and decimal.parse(request.balance)
  if balance and decimal.compare(balance, decimal.parse(record.config.min_balance)) < 0 then
    refuse(
      'BALANCE_TOO_LOW', 'the balance is below min_balance',
      { field = 'min_balance', current_status = record.status })
  end
  kill_switches.check(record.id, request.user_id, nil, record.status)
  local is_running = (record.status_before_pause or record.status) == 'RUNNING'
  participant = participant or {
    user_id = request.user_id, pnl = decimal.zero, trade_count = 0, recent_trades = {},
  }
  become(participant, is_running and 'PENDING' or 'ACTIVE', now)
  participant.joined_at = now
  record.participant_count = record.participant_count + 1
  changes.participant(record, participant, now)
  changes.session(record, record.status, 'session.participant_joined', now)
  return reply_participant(record, participant)
end)

-- Ends a participation that lasts; changes both but stores nothing yet.
local function end_participation(record, participant, status, now, stop_reason)
  if record.status == 'COMPLETED' then wrong_status(record) end
  if not participant or not takes_part[participant.status] then
    refuse('NOT_PARTICIPANT', 'the user does not take part', { current_status = record.status })
  end
  become(participant, status, now, stop_reason)
  record.participant_count = record.participant_count - 1
end

register_timely('session_leave', { 'allow-oom' }, {
  session_id = 'id', user_id = 'id', actor = 'id', as = 'departure?',
  idempotency_key = 'idempotency_key?',
}, function(request, now)
  local record = stored.get(request.session_id)
  local participant = stored.participant(record.id, request.user_id)
  end_participation(record, participant, request.as or 'LEFT', now)
  changes.participant(record, participant, now)
  changes.session(record, record.status, 'session.participant_left', now)
  return reply_participant(record, participant)
end)

register_timely('session_remove_participant', { 'allow-oom' }, {
  session_id = 'id', user_id = 'id', actor = 'id', reason = 'reason?',
  idempotency_key = 'idempotency_key?',
}, function(request, now)
  local record = stored.get(request.session_id)
  if record.status == 'COMPLETED' then wrong_status(record) end
  local participant = stored.participant(record.id, request.user_id)
  if not participant then
    refuse('NOT_PARTICIPANT', 'the user does not take part', { current_status = record.status })
  end
  if participant.status == 'REMOVED' then
    refuse('PARTICIPANT_REMOVED', 'an admin removed this user')
  end
  if takes_part[participant.status] then record.participant_count = record.participant_count - 1 end
  become(participant, 'REMOVED', now)
  changes.participant(record, participant, now, nil, reason_field(request))
  changes.session(record, record.status, 'session.participant_removed', now)
  return reply_participant(record, participant)
end)

-- Execution failed for a user. When nobody is left, the session pauses in the same change.
register_timely('session_fail_participant', { 'allow-oom' }, {
  session_id = 'id', user_id = 'id', actor = 'id', reason = 'reason?',
  idempotency_key = 'idempotency_key?',
}, function(request, now)
  local record = stored.get(request.session_id)
  local old_status = record.status
  local participant = stored.participant(record.id, request.user_id)
  end_participation(record, participant, 'FAILED', now)
  local kind = 'session.participant_failed'
  local all_failed = record.participant_count == 0 and live[record.status]
    and not contains(record.pause_causes, 'PARTICIPANTS_FAILED')
  if all_failed then kind = changes.pause(record, 'PARTICIPANTS_FAILED') end
  changes.participant(record, participant, now, nil, reason_field(request))
  changes.session(record, old_status, kind, now)
  if all_failed then
    changes.system('alert.participants_failed', now, ',"session_id":' .. quote(record.id))
  end
  return reply_participant(record, participant)
end)

-- A page of participants in no particular order; `next_cursor` null ends it. A page may hold more
-- than `limit` when the session is small. With a user, that one's record alone.
register('session_participants', { 'no-writes' }, {
  session_id = 'id', user_id = 'id?', limit = 'page?', cursor = 'cursor?',
}, function(request)
  local record = stored.get(request.session_id)
  local opening = '{"session":' .. record.text .. ',"participants":'
  if request.user_id then
    local participant = stored.participant(record.id, request.user_id)
    local own = participant and { stored.encode_participant(participant) } or {}
    return opening .. json_list(own) .. ',"next_cursor":null}'
  end
  if request.cursor and not string.match(request.cursor, '^%d+$') then
    refuse('INVALID_REQUEST', 'is not a cursor', { field = 'cursor' })
  end
  local page = redis.call(
    'HSCAN', session_part(record.id, 'participant_records'), request.cursor or '0', 'COUNT',
    request.limit or limits.page_default)
  local texts = {}
  for place = 1, #page[2], 2 do
    local participant = stored.decode_participant(page[2][place + 1], page[2][place])
    if participant then texts[#texts + 1] = stored.encode_participant(participant) end
  end
  local cursor = page[1] ~= '0' and page[1] or nil
  return opening .. json_list(texts)
    .. ',"next_cursor":' .. quote_or_null(cursor) .. '}'
end)
