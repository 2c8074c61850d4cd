-- Lost and recovered feeds, and the ticks themselves (domain: feed lost, tick).

local LOST_FEEDS = 'tradermind:feeds:lost'

local function ticks_key(market)
  return 'tradermind:ticks:' .. market
end

local function tick_state_key(market)
  return 'tradermind:ticks:' .. market .. ':state'
end

-- Reports a loss to the live sessions of a market that were started after `from` and until `till`;
-- gives the ids of those that changed. Silence counts from the start of a session at the earliest.
local function lose_feed(market, now, from, till)
  local cause, changed = 'FEED:' .. market, {}
  for _, id in ipairs(stored.sessions_of(market, from, till)) do
    local record = stored.find_sound(id)
    if record and live[record.status] and not contains(record.pause_causes, cause)
      and not contains(record.feed_overrides, market) then
      local old_status = record.status
      changes.session(record, old_status, changes.pause(record, cause), now)
      changed[#changed + 1] = id
    end
  end
  return changed
end

local function recover_feed(market, now)
  changes.complete_due(now)
  local cause, changed = 'FEED:' .. market, {}
  for _, id in ipairs(stored.sessions_of(market)) do
    local record = stored.find_sound(id)
    local concerned = record and live[record.status]
      and (contains(record.pause_causes, cause) or contains(record.feed_overrides, market))
    if concerned then
      local old_status, kind = record.status, 'session.pause_causes_changed'
      record.pause_causes = without(record.pause_causes, cause)
      record.feed_overrides = without(record.feed_overrides, market)
      if record.status == 'PAUSED' and #record.pause_causes == 0 then
        changes.resume(record)
        kind = 'session.resumed'
      end
      changes.session(record, old_status, kind, now)
      changed[#changed + 1] = id
    end
  end
  return changed
end

local function reply_sessions(changed)
  return '{"session_ids":' .. quoted_list(changed) .. '}'
end

-- Until which start the sessions of a lost market were told, nil when it is not known as lost.
local function told_until(market)
  return tonumber(redis.call('HGET', LOST_FEEDS, market) or '')
end

local function note_lost(market, cause, now, till)
  local is_new = redis.call('HSET', LOST_FEEDS, market, int(till)) == 1
  if is_new then
    changes.system(
      'feed.lost', now, ',"market":' .. quote(market) .. ',"cause":' .. quote(cause))
  end
end

-- Whether this server has seen no tick of a market for so long, and whether it ever saw one.
local function is_silent(market, timeout, now)
  local received = tonumber(redis.call('HGET', tick_state_key(market), 'received_at') or '')
  return not received or now - received >= timeout, received ~= nil
end

-- SILENCE is believed only when this server has seen no tick for the time given, so a node that is
-- cut off from the feed cannot pause what the others see alive. LINK is believed as it is.
register_timely('feed_lost', { 'allow-oom' }, {
  market = 'market', cause = 'feed_cause', timeout_ms = 'timeout?',
}, function(request, now)
  local till = now
  if request.cause == 'SILENCE' then
    local timeout = request.timeout_ms or limits.feed_timeout_ms_default
    if not is_silent(request.market, timeout, now) then
      refuse('FEED_ALIVE', 'a tick came within the timeout', { field = 'market' })
    end
    till = now - timeout
  end
  note_lost(request.market, request.cause, now, till)
  return reply_sessions(lose_feed(request.market, now, nil, till))
end)

-- Looks at every market that a live session allows, and reports the silent ones as lost. Any node
-- may call it, as often as it likes: while a market stays silent, only sessions that have come of
-- age since the last look are told.
register_timely('feed_check', { 'allow-oom' }, { timeout_ms = 'timeout?' }, function(request, now)
  local timeout = request.timeout_ms or limits.feed_timeout_ms_default
  local till = now - timeout
  local silent, changed = {}, {}
  for _, market in ipairs(sorted_members(LIVE_MARKETS)) do
    local is_lost, was_heard = is_silent(market, timeout, now)
    if is_lost then
      local from = told_until(market)
      local paused = lose_feed(market, now, from, till)
      for _, id in ipairs(paused) do changed[#changed + 1] = id end
      if was_heard or from or #paused > 0 then
        if not from or from < till then note_lost(market, 'SILENCE', now, till) end
        silent[#silent + 1] = market
      end
    end
  end
  return '{"silent_markets":' .. quoted_list(silent)
    .. ',"session_ids":' .. quoted_list(changed) .. '}'
end)

local function feed_recovered(market, now)
  if redis.call('HDEL', LOST_FEEDS, market) == 1 then
    changes.system('feed.recovered', now, ',"market":' .. quote(market))
  end
  return recover_feed(market, now)
end

register('feed_recovered', nil, { market = 'market' }, function(request, now)
  return reply_sessions(feed_recovered(request.market, now))
end)

-- Markets of recordings that are played again, from their beginning as often as anybody likes.
local function is_replay(market)
  return string.sub(market, 1, 7) == 'REPLAY_'
end

-- Written once, whatever the number of nodes that report it: only a later time than the last one
-- counts, of a replay any other one. Gives whether it did, and the epoch and sequence of its channel.
local function append_tick(market, epoch_ms, json, now)
  local key, state = ticks_key(market), tick_state_key(market)
  local last = tonumber(redis.call('HGET', state, 'epoch_ms') or '')
  if last and (epoch_ms == last or epoch_ms < last and not is_replay(market)) then
    redis.call('HINCRBY', state, 'duplicates', 1)
    return false, channels.open('ticks:' .. market)
  end
  redis.call('HSET', state, 'epoch_ms', int(epoch_ms), 'received_at', int(now))
  redis.call('HINCRBY', state, 'appended', 1)
  redis.call('PEXPIRE', state, limits.tick_state_ttl_ms)
  redis.call('LPUSH', key, json)
  redis.call('LTRIM', key, 0, limits.ticks_max - 1)
  redis.call('PEXPIRE', key, limits.tick_ttl_ms)
  local epoch, seq = channels.publish('ticks:' .. market, json)
  if redis.call('HEXISTS', LOST_FEEDS, market) == 1 then feed_recovered(market, now) end
  return true, epoch, seq
end

-- The market of a tick, its time and its JSON, byte for byte.
-- FCALL tradermind_tick_append 0 <market> <epoch_ms> <json>
redis.register_function {
  function_name = 'tradermind_tick_append',
  callback = function(_, arguments)
    local market, epoch_ms, json = arguments[1], tonumber(arguments[2] or ''), arguments[3]
    local now = clock()
    if not is_market(market) then return argument_refusal('market') end
    if not is_integer(epoch_ms, 1, now + limits.tick_ahead_ms_max) then
      return argument_refusal('epoch_ms')
    end
    if not json or #json > limits.tick_bytes_max or not is_publishable(json) then
      return argument_refusal('json')
    end
    local is_new, _, seq = append_tick(market, epoch_ms, json, now)
    if not is_new then return { 'OK', 0 } end
    return { 'OK', 1, seq }
  end,
}

-- The same for a client: with an idempotency key, and an answer that can go to it.
register('tick_publish', nil, {
  market = 'market', epoch_ms = 'version', tick = 'tick', actor = 'id',
  idempotency_key = 'idempotency_key?',
}, function(request, now)
  if request.epoch_ms > now + limits.tick_ahead_ms_max then
    refuse('INVALID_REQUEST', 'is ahead of the clock', { field = 'epoch_ms' })
  end
  local is_new, epoch, seq = append_tick(request.market, request.epoch_ms, request.tick, now)
  return '{"channel":' .. quote('ticks:' .. request.market)
    .. ',"accepted":' .. (is_new and 'true' or 'false')
    .. ',"epoch":' .. quote(epoch) .. ',"seq":' .. int(seq) .. '}'
end)
