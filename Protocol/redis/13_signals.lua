-- Publishing, claiming and acknowledging signals (domain: Signals).

-- Whether a session takes signals at this moment: it may be one of too many whose time has just
-- come to have ended yet.
local function takes_now(record, now)
  return takes_signals[record.status] ~= nil and now < record.ends_at
end

-- Why a session does not take a signal: a code, or nil when it does.
local function ineligible(record, request, confidence, now)
  if not takes_now(record, now) then return 'WRONG_STATUS' end
  if not contains(record.config.allowed_markets, request.market) then return 'MARKET_NOT_ALLOWED' end
  if decimal.compare(confidence, effective_min_confidence(record.config)) < 0 then
    return 'CONFIDENCE_TOO_LOW'
  end
  return nil
end

local function has_room(session_id)
  return redis.call('LLEN', QUEUE) < limits.pending_signals_max
    and (keep('SCARD', session_part(session_id, 'live_signals'))
      or limits.live_signals_per_session_max) < limits.live_signals_per_session_max
end

local function note_recent(signal)
  local key = session_part(signal.session_id, 'signals')
  keep('ZADD', key, signal.created_at, signal.id)
  keep('ZREMRANGEBYRANK', key, 0, -limits.recent_signals_per_session_max - 1)
end

-- Accepts a signal for a session: RUNNING from the first one on, and who waited is ACTIVE.
local function accept(record, request, id, now)
  if record.status == 'ACTIVE' then
    record.status = 'RUNNING'
    changes.session(record, 'ACTIVE', 'session.running', now)
  end
  for _, user_id in ipairs(sorted_members(session_part(record.id, 'waiting'))) do
    local participant = stored.sound_participant(record.id, user_id)
    if participant and participant.status == 'PENDING' then
      become(participant, 'ACTIVE', now)
      changes.participant(record, participant, now)
    end
  end
  local signal = {
    id = id, session_id = record.id, market = request.market, type = request.type,
    confidence = request.confidence, reason = request.reason or '', created_at = now,
    expires_at = now + (request.expires_in_ms or limits.signal_life_ms_default),
    status = 'PENDING', claim_count = 0,
  }
  signals.change(signal, 'signal.published', now, false)
  note_recent(signal)
  return signals.encode(signal)
end

local function eligible_for_all(request, confidence, now)
  local eligible, was_full = {}, false
  for _, id in ipairs(stored.sessions_of(request.market)) do
    local record = stored.find_sound(id)
    if record and not ineligible(record, request, confidence, now)
      and kill_switches.are_clear(id, request.market) then
      if has_room(id) then eligible[#eligible + 1] = record else was_full = true end
    end
  end
  if #eligible == 0 and was_full then refuse('QUEUE_FULL', 'too many signals wait') end
  if #eligible == 0 then refuse('NO_ELIGIBLE_SESSION', 'no session takes this signal') end
  return eligible
end

local function eligible_for_one(request, confidence, now)
  local record = stored.get(request.session_id)
  local code = ineligible(record, request, confidence, now)
  if code then
    refuse(code, 'the session does not take this signal', { current_status = record.status })
  end
  kill_switches.check(record.id, nil, request.market, record.status)
  if not has_room(record.id) then
    refuse('QUEUE_FULL', 'too many signals wait', { current_status = record.status })
  end
  return { record }
end

register_timely('signal_publish', nil, {
  signal_id = 'id~', actor = 'id', market = 'market', type = 'signal_type',
  confidence = 'confidence', reason = 'reason?', session_id = 'id?', expires_in_ms = 'life?',
  idempotency_key = 'idempotency_key?',
}, function(request, now)
  -- Room for the number of the session behind the given id.
  if #request.signal_id > limits.identifier_bytes_max - 5 then
    refuse('INVALID_REQUEST', 'is malformed or out of range', { field = 'signal_id' })
  end
  local confidence = decimal.parse(request.confidence)
  local eligible = request.session_id and eligible_for_one(request, confidence, now)
    or eligible_for_all(request, confidence, now)
  for index in ipairs(eligible) do
    if redis.call('EXISTS', signal_key(request.signal_id .. '-' .. int(index))) == 1 then
      refuse('ALREADY_EXISTS', 'there is a signal of that id', { field = 'signal_id' })
    end
  end
  local texts = {}
  for index, record in ipairs(eligible) do
    texts[index] = accept(record, request, request.signal_id .. '-' .. int(index), now)
  end
  return '{"signals":' .. json_list(texts) .. '}'
end)

-- Whether a waiting or returned signal may still be handed out.
local function is_wanted(signal, now)
  local record = stored.find_sound(signal.session_id)
  return record ~= nil and takes_now(record, now)
    and kill_switches.are_clear(signal.session_id, signal.market)
end

-- Whom a claimed signal is for: those who take part, wait for no signal and are not at their limit
-- of trades per hour.
local function executing_participants(session_id, now)
  local limited = session_part(session_id, 'trade_limited')
  keep('ZREMRANGEBYSCORE', limited, '-inf', now)
  local excluded = {}
  for _, user_id in ipairs(keep('ZRANGE', limited, 0, -1) or {}) do excluded[user_id] = true end
  for _, user_id in ipairs(sorted_members(session_part(session_id, 'waiting'))) do
    excluded[user_id] = true
  end
  local users = {}
  for _, user_id in ipairs(sorted_members(session_part(session_id, 'participants'))) do
    if not excluded[user_id] then users[#users + 1] = user_id end
  end
  return users
end

-- What a claim tells beside its signal.
local function encode_execution(signal, now)
  local record = stored.find_sound(signal.session_id)
  return ',"max_stake":' .. quote(effective_max_stake(record.config))
    .. ',"participants":' .. quoted_list(executing_participants(signal.session_id, now)) .. '}'
end

-- Walks the queue from its head in steps, until `wanted` signals were found; gives the signals to
-- claim and those whose life is over, in their order on the queue. Writes nothing.
local function look_for_claims(session_id, wanted, now)
  local found, claimable_count, start = {}, 0, 0
  repeat
    local entries = redis.call('LRANGE', QUEUE, start, start + 99)
    for _, entry in ipairs(entries) do
      local id, session = signals.ids_of_entry(entry)
      if id and (not session_id or session == session_id) then
        local signal = signals.find(id)
        if signal and signal.status == 'PENDING' then
          if now >= signal.expires_at then
            found[#found + 1] = signal
          elseif is_wanted(signal, now) then
            found[#found + 1] = signal
            claimable_count = claimable_count + 1
          end
        end
      end
      if claimable_count == wanted then return found end
    end
    start = start + 100
  until #entries < 100
  return found
end

local function expire(signal, now)
  signal.status = 'EXPIRED'
  signals.change(signal, 'signal.expired', now, true)
end

register_timely('signal_claim', nil, {
  actor = 'id', session_id = 'id?', max = 'claims?', lease_ms = 'lease?',
  idempotency_key = 'idempotency_key?',
}, function(request, now)
  local texts, bytes = {}, 0
  for _, signal in ipairs(look_for_claims(request.session_id, request.max or 1, now)) do
    if now >= signal.expires_at then
      expire(signal, now)
    else
      local execution = encode_execution(signal, now)
      bytes = bytes + #execution
      -- What no client could be told stays on the queue for the next claim.
      if #texts > 0 and bytes > limits.reply_bytes_max then break end
      signal.status = 'CLAIMED'
      signal.claimant = request.actor
      signal.lease_until = now + (request.lease_ms or limits.lease_ms_default)
      signal.claim_count = signal.claim_count + 1
      signals.change(signal, 'signal.claimed', now, true)
      texts[#texts + 1] = '{"signal":' .. signals.encode(signal) .. execution
    end
  end
  return '{"claims":' .. json_list(texts) .. '}'
end, function(request, reply, now)
  -- An answer that was lost is given again, but never a signal whose lease is over: by then it may
  -- be late, or another's.
  local texts = {}
  for id in string.gmatch(reply, '{"signal":{"id":"([%w_%-]+)"') do
    local signal = signals.find(id)
    local is_held = signal and signal.status == 'CLAIMED' and signal.claimant == request.actor
      and now < signal.lease_until
    if is_held and stored.find_sound(signal.session_id) then
      texts[#texts + 1] = '{"signal":' .. signals.encode(signal) .. encode_execution(signal, now)
    end
  end
  return '{"claims":' .. json_list(texts) .. '}'
end)

local function get_signal(id)
  local signal = signals.find(id)
  if not signal then refuse('NOT_FOUND', 'there is no such signal', { signal_id = id }) end
  return signal
end

local function wrong_signal_status(signal)
  refuse(
    'WRONG_SIGNAL_STATUS', 'the signal is ' .. signal.status, { current_status = signal.status })
end

local function reply_signal(signal)
  return '{"signal":' .. signals.encode(signal) .. '}'
end

register('signal_acknowledge', { 'allow-oom' }, {
  signal_id = 'id', actor = 'id', outcome = 'outcome', reason = 'reason?',
  idempotency_key = 'idempotency_key?',
}, function(request, now)
  local signal = get_signal(request.signal_id)
  if signal.status == request.outcome and signal.claimant == request.actor then
    return reply_signal(signal)
  end
  if signal.status ~= 'CLAIMED' then wrong_signal_status(signal) end
  if signal.claimant ~= request.actor then
    refuse('NOT_CLAIMANT', 'another claimant holds the signal', { current_status = signal.status })
  end
  if now >= signal.lease_until then wrong_signal_status(signal) end
  signal.status = request.outcome
  signal.lease_until = nil
  signal.outcome_reason = request.reason
  local kind = request.outcome == 'EXECUTED' and 'signal.executed' or 'signal.rejected'
  signals.change(signal, kind, now, false)
  return reply_signal(signal)
end)

register('signal_cancel', { 'allow-oom' }, {
  signal_id = 'id', actor = 'id', reason = 'reason?', idempotency_key = 'idempotency_key?',
}, function(request, now)
  local signal = get_signal(request.signal_id)
  if signal.status ~= 'PENDING' then wrong_signal_status(signal) end
  signals.cancel(signal, now)
  return reply_signal(signal)
end)

-- The latest signals of a session, newest first.
register('signal_list', { 'no-writes' }, {
  session_id = 'id', status = 'signal_status?', limit = 'page?',
}, function(request)
  local record = stored.get(request.session_id)
  local limit = request.limit or limits.page_default
  local texts = {}
  for _, id in ipairs(redis.call('ZREVRANGE', session_part(record.id, 'signals'), 0, -1)) do
    if #texts == limit then break end
    local signal = signals.find(id)
    if signal and (not request.status or signal.status == request.status) then
      texts[#texts + 1] = signals.encode(signal)
    end
  end
  return '{"signals":' .. json_list(texts) .. '}'
end)
