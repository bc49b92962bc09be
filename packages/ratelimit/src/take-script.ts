/**
 * The bounds of calendar windows in Lua, equal to those of `windowBounds`: seconds since the epoch,
 * UTC. The civil calendar is Howard Hinnant's `days_from_civil` and its inverse
 * (https://howardhinnant.github.io/date_algorithms.html).
 */
export const calendarLua = `
local lengths = { second = 1, minute = 60, hour = 3600, day = 86400 }

local function daysFromCivil(year, month)
  if month <= 2 then year = year - 1 end
  local era = math.floor(year / 400)
  local yearOfEra = year - era * 400
  local dayOfYear = math.floor((153 * ((month + 9) % 12) + 2) / 5)
  local dayOfEra = yearOfEra * 365 + math.floor(yearOfEra / 4) - math.floor(yearOfEra / 100) + dayOfYear
  return era * 146097 + dayOfEra - 719468
end

local function yearAndMonth(days)
  local shifted = days + 719468
  local era = math.floor(shifted / 146097)
  local dayOfEra = shifted - era * 146097
  local yearOfEra = math.floor((dayOfEra - math.floor(dayOfEra / 1460) + math.floor(dayOfEra / 36524) - math.floor(dayOfEra / 146096)) / 365)
  local dayOfYear = dayOfEra - (365 * yearOfEra + math.floor(yearOfEra / 4) - math.floor(yearOfEra / 100))
  local month = (math.floor((5 * dayOfYear + 2) / 153) + 2) % 12 + 1
  local year = yearOfEra + era * 400
  if month <= 2 then year = year + 1 end
  return year, month
end

local function windowEnd(period, seconds)
  local length = lengths[period]
  if length then return (math.floor(seconds / length) + 1) * length end
  local year, month = yearAndMonth(math.floor(seconds / 86400))
  if period == 'year' then return daysFromCivil(year + 1, 1) * 86400 end
  if month == 12 then return daysFromCivil(year + 1, 1) * 86400 end
  return daysFromCivil(year, month + 1) * 86400
end
`;

/**
 * One take: charges all limits of a request or none, with the clock of Redis.
 *
 * KEYS: one per limit. ARGV: the cost, then three arguments per limit: `bucket`, tokens per second,
 * burst; or `window`, period, limit. Returns three strings per limit: 1 when it admits, the rest,
 * milliseconds until its window ends.
 *
 * A bucket is stored as "level microseconds", a window as "spent end-in-seconds". A key expires a
 * second after its limit is full again, when a missing key means the same. A refusal writes
 * nothing.
 *
 * The clock of Redis can be set, and a fail-over leads to a server with another clock. When the
 * stored time is ahead of the clock by up to a second, nothing is refilled and no window begins
 * until the clock catches up. When it is further ahead, a bucket continues from the present with
 * its level, and the spent count moves to the current window; this is written even for a refusal.
 * So nothing is returned, and no limit refuses for longer than its own length.
 */
export const takeLua = `${calendarLua}
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost = tonumber(ARGV[1])
local states, limits, admitted = {}, {}, true

local function load(key, argument)
  local algorithm, size = ARGV[argument], tonumber(ARGV[argument + 2])
  local stored = redis.call('GET', key)
  local first, second
  if stored then
    first, second = string.match(stored, '^(%S+) (%S+)$')
    first, second = tonumber(first), tonumber(second)
  end
  if algorithm == 'bucket' then
    local rate = tonumber(ARGV[argument + 1])
    if not first then return { left = size, at = now, bucket = true, rate = rate, size = size } end
    local moved = second > now + 1000000
    if moved then second = now end
    local elapsed = math.max(0, now - second)
    return { moved = moved, left = math.min(size, first + elapsed * rate / 1000000), at = second + elapsed, bucket = true, rate = rate, size = size }
  end
  local period = ARGV[argument + 1]
  local moved = false
  if not first or now >= second * 1000000 then
    first, second = 0, windowEnd(period, math.floor(now / 1000000))
  elseif windowEnd(period, math.floor(now / 1000000) + 1) < second then
    moved, second = true, windowEnd(period, math.floor(now / 1000000))
  end
  return { moved = moved, left = size - first, ends = second, size = size }
end

for i = 1, #KEYS do
  local state = states[KEYS[i]] or load(KEYS[i], 3 * i - 1)
  states[KEYS[i]] = state
  limits[i] = { state = state, before = state.left, admits = state.left >= cost }
  if limits[i].admits then state.left = state.left - cost else admitted = false end
end

if not admitted then
  for i = #KEYS, 1, -1 do limits[i].state.left = limits[i].before end
end

for key, state in pairs(states) do
  if state.moved or (admitted and cost > 0) then
    local value, untilWhole
    if state.bucket then
      value = string.format('%.17g %.0f', state.left, state.at)
      untilWhole = (state.at - now) / 1000 + (state.size - state.left) / state.rate * 1000
    else
      value = string.format('%.17g %.0f', state.size - state.left, state.ends)
      untilWhole = state.ends * 1000 - now / 1000
    end
    redis.call('SET', key, value, 'PX', string.format('%.0f', math.ceil(untilWhole) + 1000))
  end
end

local answer = {}
for i = 1, #KEYS do
  local state = limits[i].state
  answer[3 * i - 2] = limits[i].admits and '1' or '0'
  answer[3 * i - 1] = string.format('%.17g', state.left)
  answer[3 * i] = state.ends and string.format('%.0f', state.ends * 1000 - math.floor(now / 1000)) or '0'
end
return answer
`;
