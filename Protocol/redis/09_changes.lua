-- Closing a change: one more version, the record and its indexes stored, one event told.
local changes = {}

-- Kinds that change nothing in the list of sessions but numbers; they stay off the channel
-- `sessions`, which every list in every browser follows.
local detail_kinds = {
  ['session.participant_joined'] = true, ['session.participant_left'] = true,
  ['session.participant_removed'] = true, ['session.participant_stopped'] = true,
  ['session.participant_failed'] = true, ['session.trade_settled'] = true,
}

local function tell(record, kind, now, fields)
  local text = '{"type":' .. quote(kind) .. ',"at":' .. int(now) .. (fields or '')
    .. ',"session":' .. record.text .. '}'
  channels.publish('session:' .. record.id, text)
  if not detail_kinds[kind] then channels.publish('sessions', text) end
end

function changes.system(kind, now, fields)
  channels.publish('system', '{"type":' .. quote(kind) .. ',"at":' .. int(now) .. fields .. '}')
end

-- `fields` is JSON text that starts with a comma, for the event only.
function changes.session(record, old_status, kind, now, fields)
  record.version = record.version + 1
  if kind == 'session.deleted' then
    record.text = stored.encode(record)
    tell(record, kind, now, fields)
    signals.delete_all(record.id)
    stored.delete(record)
    return
  end
  stored.save(record, old_status)
  tell(record, kind, now, fields)
  if takes_signals[old_status] and not takes_signals[record.status] then
    signals.cancel_waiting(record.id, now)
  end
end

function changes.created(record, now)
  stored.save(record, nil)
  tell(record, 'session.created', now)
end

-- Stores a participant and tells its user, in full.
function changes.participant(record, participant, now, kind, fields)
  stored.save_participant(record.id, participant)
  channels.publish(
    'user:' .. participant.user_id,
    '{"type":' .. quote(kind or 'participation.changed') .. ',"at":' .. int(now)
      .. ',"session_id":' .. quote(record.id) .. (fields or '')
      .. ',"participant":' .. stored.encode_participant(participant) .. '}')
end

local function wrong_status(record)
  refuse('WRONG_STATUS', 'the session is ' .. record.status, { current_status = record.status })
end

function changes.complete(record, reason, now)
  record.status = 'COMPLETED'
  record.end_reason = reason
  record.completed_at = now
  record.pause_causes = {}
  record.status_before_pause = nil
  record.feed_overrides = {}
end

local function complete_if_due(id, now)
  local record = stored.find_sound(id)
  if record and live[record.status] and now >= record.ends_at then
    local old_status = record.status
    changes.complete(record, 'TIME_LIMIT', now)
    changes.session(record, old_status, 'session.completed', now)
    return true
  end
  keep('ZREM', TIMERS, id)
  -- A timer that was wrong, or whose session is damaged; what is sound gets the right one.
  if record and live[record.status] then keep('ZADD', TIMERS, record.ends_at, id) end
  return false
end

-- Ends the sessions whose time is over, the longest overdue first, up to a bound, and the one of
-- that id in any case; gives their ids.
function changes.complete_due(now, id)
  local completed = {}
  local found = keep('ZRANGEBYSCORE', TIMERS, '-inf', now, 'LIMIT', 0, limits.timer_batch)
  local ids = found or {}
  -- Behind many others, or where the timers themselves are damaged.
  if id and (not found or #ids == limits.timer_batch) then ids[#ids + 1] = id end
  for _, due_id in ipairs(ids) do
    if complete_if_due(due_id, now) then completed[#completed + 1] = due_id end
  end
  return completed
end

-- A step on sessions. Those whose time is over have ended before it, whether or not anybody has
-- looked since then.
local function register_timely(name, flags, specification, handler, replay)
  register(name, flags, specification, function(request, now)
    changes.complete_due(now, request.session_id)
    return handler(request, now)
  end, replay)
end

-- Adds a cause; gives the kind of the event.
function changes.pause(record, cause)
  local kind = 'session.pause_causes_changed'
  if record.status ~= 'PAUSED' then
    kind = 'session.paused'
    record.status_before_pause = record.status
    record.status = 'PAUSED'
  end
  record.pause_causes[#record.pause_causes + 1] = cause
  return kind
end

function changes.resume(record)
  record.status = record.status_before_pause
  record.status_before_pause = nil
  record.pause_causes = {}
end
