-- A refusal travels as a Lua error, so that a step can refuse from any depth before it writes.
local function refuse(code, reason, fields)
  error({ refusal = code, reason = reason, fields = fields or {} }, 0)
end

local function encode_problems(problems)
  local texts = {}
  for index, problem in ipairs(problems) do
    texts[index] = '{"field":' .. quote(problem.field) .. ',"reason":' .. quote(problem.reason) .. '}'
  end
  return json_list(texts)
end

local function encode_refusal(refusal)
  local parts = {
    '"error":' .. quote(refusal.refusal), '"reason":' .. quote(refusal.reason),
  }
  local names = {}
  for name in pairs(refusal.fields) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local value = refusal.fields[name]
    local text
    if name == 'errors' then
      text = encode_problems(value)
    else
      text = type(value) == 'number' and int(value) or quote(value)
    end
    parts[#parts + 1] = '"' .. name .. '":' .. text
  end
  return '{' .. table.concat(parts, ',') .. '}'
end

-- What a request's field may be. A check gives the value to use, or nil when it is not acceptable.
local checks = {
  id = function(value) return is_identifier(value) and value or nil end,
  name = function(value) return is_name(value) and value or nil end,
  reason = function(value)
    return is_text(value, 0, limits.reason_characters_max) and value or nil
  end,
  market = function(value) return is_market(value) and value or nil end,
  scope = function(value) return parse_scope(value) and value or nil end,
  money = function(value)
    local parsed = decimal.parse(value)
    return parsed and decimal.print(parsed) or nil
  end,
  confidence = function(value) return (decimal.confidence(value)) end,
  version = function(value) return is_integer(value, 1, 9007199254740991) and value or nil end,
  signal_type = function(value) return (value == 'CALL' or value == 'PUT') and value or nil end,
  outcome = function(value)
    return (value == 'EXECUTED' or value == 'REJECTED') and value or nil
  end,
  departure = function(value) return (value == 'LEFT' or value == 'OPTED_OUT') and value or nil end,
  status = function(value)
    local known = { 'PENDING', 'ACTIVE', 'RUNNING', 'PAUSED', 'COMPLETED' }
    return contains(known, value) and value or nil
  end,
  life = function(value)
    return is_integer(value, limits.signal_life_ms_min, limits.signal_life_ms_max) and value or nil
  end,
  lease = function(value)
    return is_integer(value, limits.lease_ms_min, limits.lease_ms_max) and value or nil
  end,
  signal_status = function(value)
    local known = { 'PENDING', 'CLAIMED', 'EXECUTED', 'REJECTED', 'EXPIRED', 'CANCELLED' }
    return contains(known, value) and value or nil
  end,
  tick = function(value)
    local is_tick = type(value) == 'string' and #value <= limits.tick_bytes_max
      and is_publishable(value)
    return is_tick and value or nil
  end,
  claims = function(value) return is_integer(value, 1, limits.claims_max) and value or nil end,
  count = function(value) return is_integer(value, 0, 9007199254740991) and value or nil end,
  page = function(value) return is_integer(value, 1, limits.page_max) and value or nil end,
  cursor = function(value)
    return type(value) == 'string' and #value <= 100 and string.match(value, '^[%w_%-:]+$') and value
      or nil
  end,
  timeout = function(value)
    return is_integer(value, limits.feed_timeout_ms_min, limits.feed_timeout_ms_max) and value or nil
  end,
  retention = function(value)
    return is_integer(value, limits.retention_ms_min, limits.retention_ms_max) and value or nil
  end,
  node = function(value)
    return type(value) == 'string' and #value >= 1 and #value <= limits.identifier_bytes_max
      and string.match(value, '^[%w_%-%.:]+$') and value or nil
  end,
  flag = function(value)
    if type(value) ~= 'boolean' then return nil end
    return value
  end,
  markets = function(value)
    if type(value) ~= 'table' or #value > limits.demanded_markets_max then return nil end
    for key, market in pairs(value) do
      if type(key) ~= 'number' or not is_market(market) then return nil end
    end
    return value
  end,
  feed_cause = function(value) return (value == 'SILENCE' or value == 'LINK') and value or nil end,
  phase = function(value)
    return contains({ 'sessions', 'indexes', 'signals', 'kill_switches' }, value) and value or nil
  end,
  idempotency_key = function(value)
    return type(value) == 'string' and #value >= 1 and #value <= limits.idempotency_key_bytes_max
      and value or nil
  end,
  config = function(value) return value end,
}

-- Reads the one argument, a JSON object, by a specification: name -> 'kind', 'kind?' (may be left
-- out) or 'kind~' (must be there but is no part of the idempotency fingerprint), 'kind?~' (both).
local function read_request(specification, argument)
  local ok, given = decode_json(argument or '{}')
  if not ok or type(given) ~= 'table' then
    refuse('INVALID_REQUEST', 'the argument must be one JSON object')
  end
  local request = {}
  for name, kind in pairs(specification) do
    local optional = string.find(kind, '?', 1, true) ~= nil
    local check = checks[string.match(kind, '^[%l_]+')]
    local value = value_of(given[name])
    if value == nil and not optional then
      refuse('INVALID_REQUEST', 'is required', { field = name })
    elseif value ~= nil then
      if name == 'config' then
        local config, problems = check_config(value)
        if not config then
          refuse(
            'INVALID_CONFIG', 'is missing, unknown or out of range',
            { field = problems[1].field, errors = problems })
        end
        request.config = config
      else
        request[name] = check(value)
        if request[name] == nil then
          refuse('INVALID_REQUEST', 'is malformed or out of range', { field = name })
        end
      end
    end
  end
  for name in pairs(given) do
    if not specification[name] then
      refuse('INVALID_REQUEST', 'is not a known field', { field = printable_name(name) })
    end
  end
  return request
end

local function fingerprint(name, specification, request)
  local names = {}
  for field in pairs(specification) do names[#names + 1] = field end
  table.sort(names)
  local parts = { name }
  for _, field in ipairs(names) do
    local value = request[field]
    local counts = field ~= 'idempotency_key' and not string.find(specification[field], '~', 1, true)
    if value ~= nil and counts then
      local text = field == 'config' and encode_config(value) or quote(value)
      parts[#parts + 1] = field .. '=' .. text
    end
  end
  return redis.sha1hex(table.concat(parts, '\n'))
end

local function decide(handler, request)
  local ok, result = pcall(handler, request, clock())
  if ok then return { 'OK', result } end
  if type(result) == 'table' and result.refusal then
    return { 'REFUSED', result.refusal, encode_refusal(result) }
  end
  error(result, 0)
end

-- Runs a step once per idempotency key and actor: the same key and parameters get the stored
-- answer, refusals included; `replay`, if there is one, makes of it what may still be said.
local function run(name, specification, handler, argument, replay)
  local ok, request = pcall(read_request, specification, argument)
  if not ok then
    if type(request) == 'table' and request.refusal then
      return { 'REFUSED', request.refusal, encode_refusal(request) }
    end
    error(request, 0)
  end
  if request.idempotency_key == nil then return decide(handler, request) end
  local key = 'tradermind:idempotency:' .. (request.actor or '') .. ':' .. request.idempotency_key
  local print = fingerprint(name, specification, request)
  local stored = redis.call('HMGET', key, 'fingerprint', 'status', 'code', 'reply')
  if stored[1] and stored[2] and stored[4] then
    if stored[1] ~= print then
      local conflict = {
        refusal = 'IDEMPOTENCY_CONFLICT', fields = { field = 'idempotency_key' },
        reason = 'the key was used with other parameters',
      }
      return { 'REFUSED', conflict.refusal, encode_refusal(conflict) }
    end
    if stored[2] == 'OK' then
      return { 'OK', replay and replay(request, stored[4], clock()) or stored[4] }
    end
    return { 'REFUSED', stored[3], stored[4] }
  end
  local reply = decide(handler, request)
  local code = reply[1] == 'OK' and '' or reply[2]
  redis.call(
    'HSET', key, 'fingerprint', print, 'status', reply[1], 'code', code, 'reply', reply[#reply])
  redis.call('PEXPIRE', key, limits.idempotency_ttl_ms)
  return reply
end

local function register(name, flags, specification, handler, replay)
  redis.register_function {
    function_name = 'tradermind_' .. name,
    callback = function(_, arguments)
      return run(name, specification, handler, arguments[1], replay)
    end,
    flags = flags,
  }
end

redis.register_function {
  function_name = 'tradermind_version',
  callback = function() return VERSION end,
  flags = { 'no-writes', 'allow-stale' },
}
