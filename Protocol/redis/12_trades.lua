-- Settled trades: once per trade id, both sums, stop loss, take profit and the loss threshold in
-- one step (domain: Trades and pnl).

local function trade_key(id)
  return 'tradermind:trades:' .. id
end

local function note_trade(record, participant, now)
  local limit = record.config.max_trades_per_hour
  participant.trade_count = participant.trade_count + 1
  local times = participant.recent_trades
  times[#times + 1] = now
  while #times > limit do table.remove(times, 1) end
  -- Until the oldest of the last `limit` trades is an hour old, no further signal is for this user.
  local limited = session_part(record.id, 'trade_limited')
  if #times == limit then
    keep('ZADD', limited, times[1] + limits.trade_window_ms, participant.user_id)
  end
end

local function stop_reason(record, participant)
  if not live[record.status] or not takes_part[participant.status] then return nil end
  return limit_reached(record.config, participant.pnl)
end

local function is_breached(record)
  local threshold = decimal.negate(decimal.parse(record.config.global_loss_threshold))
  return decimal.compare(record.pnl, threshold) <= 0
end

register_timely('trade_settle', { 'allow-oom' }, {
  trade_id = 'id', session_id = 'id', user_id = 'id', pnl = 'money', actor = 'id',
  idempotency_key = 'idempotency_key?',
}, function(request, now)
  local contents = request.session_id .. ' ' .. request.user_id .. ' ' .. request.pnl
  local opening = '{"trade_id":' .. quote(request.trade_id) .. ','
  local known = redis.call('GET', trade_key(request.trade_id))
  if known and known ~= contents then
    refuse('TRADE_CONFLICT', 'the trade was reported with other contents', { field = 'trade_id' })
  end
  local record = stored.get(request.session_id)
  local participant = stored.participant(record.id, request.user_id)
  if known and participant then
    return opening .. '"applied":false,' .. string.sub(reply_participant(record, participant), 2)
  end
  if record.status == 'PENDING' then wrong_status(record) end
  if record.completed_at and now - record.completed_at > limits.late_settlement_ms then
    refuse('SETTLED_TOO_LATE', 'the session ended too long ago', {
      current_status = record.status,
    })
  end
  if not participant then
    refuse('NOT_PARTICIPANT', 'the user does not take part', { current_status = record.status })
  end
  local pnl = decimal.parse(request.pnl)
  local user_sum, session_sum = decimal.add(participant.pnl, pnl), decimal.add(record.pnl, pnl)
  if not user_sum or not session_sum then
    refuse('AMOUNT_OUT_OF_RANGE', 'a sum would leave the range of decimals', { field = 'pnl' })
  end
  participant.pnl, record.pnl = user_sum, session_sum

  redis.call('SET', trade_key(request.trade_id), contents, 'PX', limits.trade_ttl_ms)
  note_trade(record, participant, now)
  local old_status = record.status
  local stop = stop_reason(record, participant)
  if stop then
    become(participant, 'STOPPED', now, stop)
    record.participant_count = record.participant_count - 1
  end
  local kind = 'session.trade_settled'
  if live[record.status] and is_breached(record) then
    changes.complete(record, 'LOSS_THRESHOLD', now)
    kind = 'session.completed'
  end
  local trade = ',"trade":{"trade_id":' .. quote(request.trade_id)
    .. ',"pnl":' .. quote(request.pnl) .. '}'
  changes.participant(record, participant, now, 'trade.settled', trade)
  changes.session(record, old_status, kind, now)
  return opening .. '"applied":true,' .. string.sub(reply_participant(record, participant), 2)
end)
