-- Exact decimals with eight places. Lua's numbers are doubles, so a value is held as a whole part
-- `w` and a fraction `f` in 1/100000000 with 0 <= f < 1e8: the value is w + f/1e8, also below zero.
local decimal = {}

local UNITS = 100000000

function decimal.compare(a, b)
  if a.w ~= b.w then return a.w < b.w and -1 or 1 end
  if a.f ~= b.f then return a.f < b.f and -1 or 1 end
  return 0
end

-- ±92233720368.54775807, the range of FixedDecimal.swift.
decimal.max = { w = 92233720368, f = 54775807 }
decimal.min = { w = -92233720369, f = 45224193 }
decimal.zero = { w = 0, f = 0 }

local function in_range(value)
  return decimal.compare(value, decimal.min) >= 0 and decimal.compare(value, decimal.max) <= 0
end

function decimal.negate(a)
  if a.f == 0 then return { w = 0 - a.w, f = 0 } end
  return { w = 0 - a.w - 1, f = UNITS - a.f }
end

-- nil for anything that is not `-?digits[.digits]` in range with at most eight decimals.
function decimal.parse(text)
  if type(text) ~= 'string' or #text > 32 then return nil end
  local sign, whole, point, fraction = string.match(text, '^(%-?)(%d+)(%.?)(%d*)$')
  if not whole or (point == '.') ~= (fraction ~= '') then return nil end
  if #whole > 11 or #fraction > 8 or (#whole > 1 and string.sub(whole, 1, 1) == '0') then
    return nil
  end
  local value = { w = tonumber(whole), f = tonumber(fraction .. string.rep('0', 8 - #fraction)) }
  if sign == '-' then value = decimal.negate(value) end
  return in_range(value) and value or nil
end

-- nil when the sum leaves the range.
function decimal.add(a, b)
  local sum = { w = a.w + b.w, f = a.f + b.f }
  if sum.f >= UNITS then sum = { w = sum.w + 1, f = sum.f - UNITS } end
  return in_range(sum) and sum or nil
end

function decimal.print(a)
  local sign = ''
  if a.w < 0 then sign, a = '-', decimal.negate(a) end
  if a.f == 0 then return sign .. int(a.w) end
  local fraction = string.gsub(string.format('%08.0f', a.f), '0+$', '')
  return sign .. int(a.w) .. '.' .. fraction
end

-- The canonical text of a confidence that cjson read as a double. Exact: it has at most eight
-- decimals and lies within 0…1.
function decimal.confidence(value)
  if type(value) == 'number' then
    if value ~= value or value < 0 or value > 1 then return nil end
    local text = string.format('%.8f', value)
    if tonumber(text) ~= value then return nil end
    value = text
  end
  local parsed = decimal.parse(value)
  if not parsed or parsed.w < 0 or decimal.compare(parsed, { w = 1, f = 0 }) > 0 then
    return nil
  end
  return decimal.print(parsed), parsed
end

local function is_identifier(text)
  return type(text) == 'string' and #text <= limits.identifier_bytes_max
    and string.match(text, '^[%w_%-]+$') ~= nil
end

local function is_market(text)
  return type(text) == 'string' and #text >= 2 and #text <= 30
    and string.match(text, '^[%w_]+$') ~= nil
end

local function is_integer(number, low, high)
  return type(number) == 'number' and number == math.floor(number)
    and number >= low and number <= high
end

-- Unicode scalars in a UTF-8 text: every byte that does not continue another.
local function character_count(text)
  local _, continuations = string.gsub(text, '[\128-\191]', '')
  return #text - continuations
end

local function is_text(text, low, high)
  if type(text) ~= 'string' or #text > high * 4 or not is_utf8(text) then return false end
  local count = character_count(text)
  return count >= low and count <= high
end

local function is_name(text)
  return is_text(text, 1, limits.name_characters_max)
    and not string.find(text, '[%z\1-\31\127]') and string.find(text, '[^ ]') ~= nil
end

-- `global`, `session:<id>`, `user:<id>`, `market:<symbol>`: gives the kind and the name.
local function parse_scope(text)
  if text == 'global' then return 'global', nil end
  if type(text) ~= 'string' then return nil end
  local kind, name = string.match(text, '^(%l+):(.*)$')
  if (kind == 'session' or kind == 'user') and is_identifier(name) then return kind, name end
  if kind == 'market' and is_market(name) then return kind, name end
  return nil
end

-- The eleven fields of a configuration, all present: the gateway has filled in the defaults. Gives
-- the checked fields, or nil and what is wrong, an entry `{ field =, reason = }` per field, in this
-- order and unknown ones last.
local config_fields = {
  { 'max_participants', 'integer', 1, limits.participants_max },
  { 'min_balance', 'money', '0', '92233720368.54775807' },
  { 'risk_profile', 'profile' },
  { 'allowed_markets', 'markets' },
  { 'min_confidence', 'confidence' },
  { 'global_loss_threshold', 'money', '0.00000001', '92233720368.54775807' },
  { 'duration_minutes', 'integer', 1, limits.duration_minutes_max },
  { 'max_stake', 'money', '1', '10000' },
  { 'stop_loss', 'money', '1', '100000' },
  { 'take_profit', 'money', '1', '100000' },
  { 'max_trades_per_hour', 'integer', 1, limits.trades_per_hour_max },
}

local profiles = {
  LOW = { min_confidence = '0.8', multiplier = '0.5', percent = 50 },
  MEDIUM = { min_confidence = '0.65', multiplier = '1', percent = 100 },
  HIGH = { min_confidence = '0.5', multiplier = '1.5', percent = 150 },
}

local function check_markets(value)
  if type(value) ~= 'table' or #value < 1 or #value > limits.allowed_markets_max then return nil end
  local markets, seen = {}, {}
  for key, market in pairs(value) do
    if type(key) ~= 'number' or not is_market(market) or seen[market] then return nil end
    seen[market] = true
  end
  for index, market in ipairs(value) do markets[index] = market end
  return markets
end

local config_checks = {
  integer = function(value, low, high)
    return is_integer(value, low, high) and value or nil
  end,
  money = function(value, low, high)
    local parsed = decimal.parse(value)
    if not parsed or decimal.compare(parsed, decimal.parse(low)) < 0
      or decimal.compare(parsed, decimal.parse(high)) > 0 then
      return nil
    end
    return decimal.print(parsed)
  end,
  profile = function(value)
    return type(value) == 'string' and profiles[value] and value or nil
  end,
  markets = check_markets,
  confidence = function(value)
    return (decimal.confidence(value))
  end,
}

-- A field's name that came from outside, for a refusal.
local function printable_name(name)
  name = tostring(name)
  return #name <= limits.identifier_bytes_max and is_utf8(name) and name or '?'
end

local function check_config(given)
  if type(given) ~= 'table' then
    return nil, { { field = 'config', reason = 'wrong_type' } }
  end
  local config, known, problems = {}, {}, {}
  for _, field in ipairs(config_fields) do
    local name = field[1]
    known[name] = true
    local value, is_there = value_of(given[name]), given[name] ~= nil
    if value ~= nil then value = config_checks[field[2]](value, field[3], field[4]) end
    if value == nil then
      problems[#problems + 1] = {
        field = name, reason = is_there and 'wrong_format' or 'missing_field',
      }
    end
    config[name] = value
  end
  local unknown = {}
  for name in pairs(given) do
    if not known[name] then unknown[#unknown + 1] = printable_name(name) end
  end
  table.sort(unknown)
  for index = 1, math.min(#unknown, limits.config_problems_max - #problems) do
    problems[#problems + 1] = { field = unknown[index], reason = 'unknown_field' }
  end
  if #problems > 0 then return nil, problems end
  return config
end

local function encode_config(config)
  local parts = {}
  for index, field in ipairs(config_fields) do
    local name, kind = field[1], field[2]
    local value = config[name]
    local text
    if kind == 'integer' then
      text = int(value)
    elseif kind == 'confidence' then
      text = value
    elseif kind == 'markets' then
      text = quoted_list(value)
    else
      text = quote(value)
    end
    parts[index] = '"' .. name .. '":' .. text
  end
  return '{' .. table.concat(parts, ',') .. '}'
end

local function effective_min_confidence(config)
  local asked = decimal.parse(config.min_confidence)
  local floor = decimal.parse(profiles[config.risk_profile].min_confidence)
  return decimal.compare(asked, floor) >= 0 and asked or floor
end

-- max_stake times the multiplier, cut off after the eighth decimal. max_stake is at most 10000, so
-- its units fit a double exactly, and so does their product with a percentage.
local function effective_max_stake(config)
  local stake = decimal.parse(config.max_stake)
  local units = (stake.w * UNITS + stake.f) * profiles[config.risk_profile].percent
  units = math.floor(units / 100)
  return decimal.print({ w = math.floor(units / UNITS), f = units % UNITS })
end
