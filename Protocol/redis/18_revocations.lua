-- Revoked tokens, users who are disconnected, and one-time tickets.
--
-- Every node keeps the revocations in memory and asks for those behind the sequence that it knows:
-- when it is told that there is news, and twice a second in case it was not.

local REVOCATIONS = 'tradermind:revocations'
local REVOCATIONS_ORDER = 'tradermind:revocations:order'
local REVOCATIONS_ENDS = 'tradermind:revocations:ends'
local REVOCATIONS_SEQUENCE = 'tradermind:revocations:sequence'
local REVOCATIONS_AUDIT = 'tradermind:revocations:audit'
local REVOCATIONS_NEWS = 'tradermind:revocations:news'

limits.revocations_max = 100000
limits.revocations_page_max = 1000
limits.revocations_pruned_max = 1000
limits.revocation_ms_min = 60000
limits.revocation_ms_max = 32000000000
limits.disconnection_ms = 60000
limits.token_id_bytes_max = 128
limits.ticket_ms_max = 300000
limits.ticket_token_bytes_max = 2048
limits.tickets_per_minute_max = 100000
limits.ticket_minute_ms = 60000

checks.token_id = function(value)
  return type(value) == 'string' and #value >= 1 and #value <= limits.token_id_bytes_max
    and is_utf8(value) and value or nil
end
checks.time = function(value) return is_integer(value, 0, 9007199254740991) and value or nil end
checks.keep = function(value)
  return is_integer(value, limits.revocation_ms_min, limits.revocation_ms_max) and value or nil
end
checks.digest = function(value)
  return type(value) == 'string' and #value == 43 and string.match(value, '^[%w_%-]+$') and value
    or nil
end
checks.ticket_token = function(value)
  return type(value) == 'string' and #value <= limits.ticket_token_bytes_max and value or nil
end
checks.ticket_life = function(value)
  return is_integer(value, 1, limits.ticket_ms_max) and value or nil
end
checks.ticket_rate = function(value)
  return is_integer(value, 1, limits.tickets_per_minute_max) and value or nil
end

local function prune_revocations(now)
  local ended = redis.call(
    'ZRANGEBYSCORE', REVOCATIONS_ENDS, '-inf', int(now), 'LIMIT', 0, limits.revocations_pruned_max)
  for _, entry in ipairs(ended) do
    redis.call('HDEL', REVOCATIONS, entry)
    redis.call('ZREM', REVOCATIONS_ORDER, entry)
    redis.call('ZREM', REVOCATIONS_ENDS, entry)
  end
end

-- Whatever Redis forgets by itself, it forgets when the last entry has ended.
local function let_revocations_expire()
  local last = redis.call('ZREVRANGE', REVOCATIONS_ENDS, 0, 0, 'WITHSCORES')
  local ends = int(tonumber(last[2]) + limits.disconnection_ms)
  for _, key in ipairs({
    REVOCATIONS, REVOCATIONS_ORDER, REVOCATIONS_ENDS, REVOCATIONS_SEQUENCE, REVOCATIONS_AUDIT,
  }) do
    redis.call('PEXPIREAT', key, ends)
  end
end

-- Writes an entry, announces it, and gives the time before which tokens are revoked and the time
-- until which the entry is kept. Nothing that is known becomes weaker.
local function write_revocation(action, entry, before, ends, request, now)
  local known = redis.call('HGET', REVOCATIONS, entry)
  if not known and redis.call('HLEN', REVOCATIONS) >= limits.revocations_max then
    local over = redis.call('ZCOUNT', REVOCATIONS_ENDS, '-inf', int(now))
    if over == 0 then
      refuse('TOO_MANY_REVOCATIONS', 'revoke what was issued before a time instead')
    end
  end
  prune_revocations(now)
  if known then
    local known_before, known_ends = string.match(known, '^(%d+) (%d+)$')
    before = math.max(before, tonumber(known_before) or 0)
    ends = math.max(ends, tonumber(known_ends) or 0)
  end
  -- Begins with the time, so that a Redis that has lost the sequence goes on above what nodes know.
  redis.call('SET', REVOCATIONS_SEQUENCE, int(now), 'NX')
  local sequence = redis.call('INCR', REVOCATIONS_SEQUENCE)
  redis.call('HSET', REVOCATIONS, entry, int(before) .. ' ' .. int(ends))
  redis.call('ZADD', REVOCATIONS_ORDER, int(sequence), entry)
  redis.call('ZADD', REVOCATIONS_ENDS, int(ends), entry)
  redis.call(
    'RPUSH', REVOCATIONS_AUDIT,
    '{"action":' .. quote(action) .. ',"entry":' .. quote(entry) .. ',"issued_before":' .. int(before)
      .. ',"actor":' .. quote(request.actor) .. ',"reason":' .. quote(request.reason)
      .. ',"at":' .. int(now) .. '}')
  redis.call('LTRIM', REVOCATIONS_AUDIT, -limits.audit_entries_max, -1)
  let_revocations_expire()
  redis.call('PUBLISH', REVOCATIONS_NEWS, int(sequence))
  return before, ends
end

register('revoke', { 'allow-oom' }, {
  token_id = 'token_id?', user_id = 'id?', issued_before = 'time?', keep_ms = 'keep~',
  reason = 'reason', actor = 'id', idempotency_key = 'idempotency_key?',
}, function(request, now)
  local given = (request.token_id and 1 or 0) + (request.user_id and 1 or 0)
    + (request.issued_before and 1 or 0)
  if given ~= 1 then
    refuse(
      'INVALID_REQUEST', 'takes one of token_id, user_id and issued_before', { field = 'token_id' })
  end
  local entry, before = nil, 0
  if request.token_id then
    entry = 'token:' .. request.token_id
  elseif request.user_id then
    -- A token names the second in which it was issued, so the present millisecond counts too.
    entry, before = 'user:' .. string.lower(request.user_id), now + 1
  else
    if request.issued_before > now then
      refuse('INVALID_REQUEST', 'lies in the future', { field = 'issued_before' })
    end
    entry, before = 'everyone', request.issued_before
  end
  local ends
  before, ends = write_revocation('revoked', entry, before, now + request.keep_ms, request, now)
  local issued_before = request.token_id and '' or ',"issued_before":' .. int(before)
  return '{"revoked":true' .. issued_before .. ',"kept_until":' .. int(ends) .. '}'
end)

register('disconnect', { 'allow-oom' }, {
  user_id = 'id', reason = 'reason', actor = 'id', idempotency_key = 'idempotency_key?',
}, function(request, now)
  write_revocation(
    'disconnected', 'disconnect:' .. string.lower(request.user_id), now,
    now + limits.disconnection_ms, request, now)
  return '{"disconnected":true}'
end)

-- Entries behind a sequence, oldest first: OK, the newest sequence, then entry, sequence, the time
-- before which tokens are revoked and the end of each.
redis.register_function {
  function_name = 'tradermind_revocations',
  callback = function(_, arguments)
    local since = tonumber(arguments[1] or '')
    if not is_integer(since, 0, 9007199254740991) then
      return { 'REFUSED', 'INVALID_REQUEST', encode_refusal({
        refusal = 'INVALID_REQUEST', reason = 'is malformed', fields = { field = 'since' },
      }) }
    end
    local sequence = redis.call('GET', REVOCATIONS_SEQUENCE) or '0'
    local found = redis.call(
      'ZRANGEBYSCORE', REVOCATIONS_ORDER, '(' .. int(since), '+inf', 'WITHSCORES', 'LIMIT', 0,
      limits.revocations_page_max)
    local reply = { 'OK', sequence }
    for place = 1, #found, 2 do
      local known = redis.call('HGET', REVOCATIONS, found[place])
      local before, ends = string.match(known or '', '^(%d+) (%d+)$')
      reply[#reply + 1] = found[place]
      reply[#reply + 1] = found[place + 1]
      reply[#reply + 1] = before or '0'
      reply[#reply + 1] = ends or '0'
    end
    return reply
  end,
  flags = { 'no-writes' },
}

-- Keeps what a one-time ticket proves. The ticket itself never comes here, only its digest.
register('ticket_issue', nil, {
  digest = 'digest', user_id = 'id', token = 'ticket_token', life_ms = 'ticket_life',
  per_minute = 'ticket_rate',
}, function(request)
  local count_key = 'tradermind:tickets:count:' .. request.user_id
  local count = tonumber(redis.call('GET', count_key) or '0') or 0
  if count >= request.per_minute then
    refuse(
      'RATE_LIMITED', 'has had enough tickets this minute',
      { retry_after_ms = math.max(redis.call('PTTL', count_key), 1) })
  end
  if redis.call('INCR', count_key) == 1 then
    redis.call('PEXPIRE', count_key, limits.ticket_minute_ms)
  end
  redis.call('SET', 'tradermind:tickets:' .. request.digest, request.token, 'PX', request.life_ms)
  return '{"issued":true}'
end)
