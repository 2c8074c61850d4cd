#!lua name=tradermind
-- TraderMind's steps in Redis. The files of this folder, joined in the order of their names, are one
-- library of Redis Functions (Redis 7.0); Protocol/redis.md documents every function and key.
--
-- A step reads and checks everything first, and only then writes: a refused step changes nothing.

-- Grows with every change of these files; a node replaces the library only by a newer one.
local VERSION = 5

-- The bounds of Sources/TradingSessions/SessionLimits.swift.
local limits = {
  identifier_bytes_max = 64,
  name_characters_max = 100,
  reason_characters_max = 500,
  allowed_markets_max = 100,
  participants_max = 10000,
  duration_minutes_max = 1440,
  trades_per_hour_max = 100,
  trade_window_ms = 3600000,
  late_settlement_ms = 86400000,
  signal_life_ms_default = 60000,
  signal_life_ms_min = 1000,
  signal_life_ms_max = 300000,
  lease_ms_default = 10000,
  lease_ms_min = 1000,
  lease_ms_max = 60000,
  claims_max = 100,
  live_signals_per_session_max = 100,
  pending_signals_max = 10000,
  open_sessions_max = 5000,
  -- Only here, because only Redis stores.
  page_default = 50,
  page_max = 200,
  -- From here on a list ends: a node closes a client for whom an answer exceeds 1 MiB.
  reply_bytes_max = 786432,
  -- Ids in one event: a node delivers up to 64 KiB.
  event_ids_max = 500,
  recent_signals_per_session_max = 1000,
  signal_record_ttl_ms = 86400000,
  trade_ttl_ms = 604800000,
  idempotency_ttl_ms = 86400000,
  idempotency_key_bytes_max = 128,
  history_default = 100,
  history_max = 1000,
  history_ttl_ms_default = 3600000,
  history_ttl_ms_max = 86400000,
  channel_ttl_ms = 172800000,
  channel_bytes_max = 128,
  positions_max = 1000,
  publication_bytes_max = 65536,
  ticks_max = 100,
  tick_bytes_max = 1024,
  tick_ttl_ms = 3600000,
  tick_state_ttl_ms = 86400000,
  tick_ahead_ms_max = 60000,
  demanded_markets_max = 1000,
  feed_timeout_ms_default = 10000,
  feed_timeout_ms_min = 1000,
  feed_timeout_ms_max = 600000,
  timer_batch = 200,
  -- 30 days, from a minute to ten years.
  retention_ms_default = 2592000000,
  retention_ms_min = 60000,
  retention_ms_max = 315360000000,
  -- What one step deletes: about as much as one session with every place taken.
  prune_sessions_max = 20,
  prune_participants_max = 1000,
  repair_batch = 20,
  rebuilds_max = 100,
  quarantine_report_max = 100,
  -- As many as one error of the gateway names.
  config_problems_max = 32,
  known_configs_max = 1000,
  scan_count = 500,
  audit_entries_max = 10000,
}

-- Whole numbers must never print with an exponent or a fraction.
local function int(number)
  return string.format('%.0f', number)
end

local function quote(text)
  return cjson.encode(text)
end

local function quote_or_null(text)
  if text == nil then return 'null' end
  return cjson.encode(text)
end

local function int_or_null(number)
  if number == nil then return 'null' end
  return int(number)
end

-- Decodes JSON without cjson's liberties with numbers (NaN, Infinity, 0x10, 01, +1). The setting
-- belongs to the whole process, so other libraries get back what cjson does by default.
local function decode_json(text)
  cjson.decode_invalid_numbers(false)
  local ok, value = pcall(cjson.decode, text)
  cjson.decode_invalid_numbers(true)
  return ok, value
end

-- Whether every byte belongs to a character (RFC 3629). Valid sequences are replaced from the
-- longest to the shortest; what is left above ASCII is not UTF-8.
local function is_utf8(text)
  if not string.find(text, '[\128-\255]') then return true end
  text = string.gsub(text, '\240[\144-\191][\128-\191][\128-\191]', ' ')
  text = string.gsub(text, '[\241-\243][\128-\191][\128-\191][\128-\191]', ' ')
  text = string.gsub(text, '\244[\128-\143][\128-\191][\128-\191]', ' ')
  text = string.gsub(text, '\224[\160-\191][\128-\191]', ' ')
  text = string.gsub(text, '[\225-\236\238\239][\128-\191][\128-\191]', ' ')
  text = string.gsub(text, '\237[\128-\159][\128-\191]', ' ')
  text = string.gsub(text, '[\194-\223][\128-\191]', ' ')
  return not string.find(text, '[\128-\255]')
end

-- Whether a text may be handed to clients as it is: JSON (RFC 8259) in UTF-8 on one line. cjson
-- lets three things through: bad UTF-8, control characters inside strings, and numbers like `1.`.
local function is_publishable(text)
  if string.find(text, '[%z\1-\31]') or not is_utf8(text) or not decode_json(text) then
    return false
  end
  if not string.find(text, '%d%.[^%d]') and not string.find(text, '%d%.$') then return true end
  local bare = string.gsub(string.gsub(text, '\\.', ''), '"[^"]*"', '""')
  return not string.find(bare, '%d%.[^%d]') and not string.find(bare, '%d%.$')
end

-- A JSON list of texts that are JSON already; Redis' cjson would print an empty one as an object.
local function json_list(texts)
  return '[' .. table.concat(texts, ',') .. ']'
end

local function quoted_list(texts)
  local quoted = {}
  for index, text in ipairs(texts) do quoted[index] = quote(text) end
  return json_list(quoted)
end

local function contains(list, wanted)
  for _, element in ipairs(list) do
    if element == wanted then return true end
  end
  return false
end

local function without(list, unwanted)
  local kept = {}
  for _, element in ipairs(list) do
    if element ~= unwanted then kept[#kept + 1] = element end
  end
  return kept
end

-- While the library loads there is no cjson yet. It gives nil, its null, or a value; the rest of the library knows nil only.
local function value_of(value)
  if value == cjson.null then return nil end
  return value
end
