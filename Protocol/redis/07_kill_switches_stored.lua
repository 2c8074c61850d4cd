local kill_switches = {}

local KILL_SWITCHES = 'tradermind:kill_switches'

-- Refuses when a switch covers the session, the user or the market, the widest first.
function kill_switches.check(session_id, user_id, market, status)
  local scopes = { 'global', 'session:' .. session_id }
  if user_id then scopes[#scopes + 1] = 'user:' .. user_id end
  if market then scopes[#scopes + 1] = 'market:' .. market end
  local found = redis.call('HMGET', KILL_SWITCHES, unpack(scopes))
  for index, scope in ipairs(scopes) do
    if found[index] then
      refuse('KILL_SWITCH_ENGAGED', 'a kill switch forbids this', {
        scope = scope, current_status = status,
      })
    end
  end
end

-- Whether signals of that session and market are free of kill switches.
function kill_switches.are_clear(session_id, market)
  local found = redis.call(
    'HMGET', KILL_SWITCHES, 'global', 'session:' .. session_id, 'market:' .. market)
  return not (found[1] or found[2] or found[3])
end
