-- Everything that is due. Any node may call it, as often as it likes; two that call at once do the
-- work once, because each call is one step.

local function due(key, now)
  return keep('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, limits.timer_batch) or {}
end

-- Takes back claims whose lease is over: to the queue, or EXPIRED, or CANCELLED when the session no
-- longer takes the signal.
local function return_due(now)
  local returned = {}
  for _, id in ipairs(due(LEASES, now)) do
    local signal = signals.find(id)
    if signal and signal.status == 'CLAIMED' then
      signal.claimant = nil
      signal.lease_until = nil
      if now >= signal.expires_at then
        signal.status = 'EXPIRED'
        signals.change(signal, 'signal.expired', now, false)
      elseif is_wanted(signal, now) then
        signal.status = 'PENDING'
        signals.change(signal, 'signal.returned', now, false)
      else
        signal.status = 'CANCELLED'
        signals.change(signal, 'signal.cancelled', now, false)
      end
      returned[#returned + 1] = id
    else
      redis.call('ZREM', LEASES, id)
    end
  end
  return returned
end

local function expire_due(now)
  local expired = {}
  for _, id in ipairs(due(EXPIRIES, now)) do
    local signal = signals.find(id)
    if signal and signal.status == 'PENDING' then
      expire(signal, now)
      expired[#expired + 1] = id
    else
      redis.call('ZREM', EXPIRIES, id)
    end
  end
  return expired
end

-- Deletes sessions that ended `retention` ago, a few at a time.
local function prune_due(now, retention)
  local pruned, participant_count = {}, 0
  local ids = keep(
    'ZRANGEBYSCORE', RETENTION, '-inf', now - retention, 'LIMIT', 0, limits.prune_sessions_max)
  for _, id in ipairs(ids or {}) do
    if participant_count >= limits.prune_participants_max then break end
    local record = stored.find_sound(id)
    if record and record.status == 'COMPLETED' and record.completed_at <= now - retention then
      participant_count = participant_count
        + (keep('HLEN', session_part(id, 'participant_records')) or 0)
      changes.session(record, 'COMPLETED', 'session.deleted', now, ',"reason":"RETENTION"')
      pruned[#pruned + 1] = id
    else
      redis.call('ZREM', RETENTION, id)
      if record and record.status == 'COMPLETED' then
        redis.call('ZADD', RETENTION, record.completed_at, id)
      end
    end
  end
  return pruned
end

local function next_due()
  local earliest
  for _, key in ipairs { TIMERS, LEASES, EXPIRIES } do
    local first = (keep('ZRANGE', key, 0, 0, 'WITHSCORES') or {})[2]
    local time = first and tonumber(first)
    if time and (not earliest or time < earliest) then earliest = time end
  end
  return earliest
end

register('tick_timers', { 'allow-oom' }, { retention_ms = 'retention?' }, function(request, now)
  local completed = changes.complete_due(now)
  local returned = return_due(now)
  local expired = expire_due(now)
  local pruned = prune_due(now, request.retention_ms or limits.retention_ms_default)
  return '{"completed_session_ids":' .. quoted_list(completed)
    .. ',"lapsed_signal_ids":' .. quoted_list(returned)
    .. ',"expired_signal_ids":' .. quoted_list(expired)
    .. ',"pruned_session_ids":' .. quoted_list(pruned)
    .. ',"now":' .. int(now) .. ',"next_due_at":' .. int_or_null(next_due()) .. '}'
end)
