-- Counts the bytes of an ended run for its owner, by when it expires, and gives those that have to go: the runs that would
-- expire first, until the rest fits. A run that has expired by itself does not count any more. The sum is a member of the
-- set itself, its last one, so that Redis evicts both or neither.
local runs, run = KEYS[1], KEYS[2]
local member, bytes, now, expires_at = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local most, kept_s, account = tonumber(ARGV[5]), ARGV[6], ARGV[7]

local function size(name) return tonumber(string.match(name, '^%d+')) end

if redis.call('EXISTS', run) == 0 then return {} end -- evicted already
local sum = redis.call('ZRANGE', runs, -1, -1)[1]
local held = sum and tonumber(string.match(sum, '^sum (%d+)$')) or 0
for _, expired in ipairs(redis.call('ZRANGEBYSCORE', runs, '-inf', now)) do held = held - size(expired) end
redis.call('ZREMRANGEBYSCORE', runs, '-inf', now)
if sum then redis.call('ZREM', runs, sum) end
redis.call('ZADD', runs, expires_at, member)
redis.call('HSET', run, 'charge', account .. '\n' .. member)
held = held + bytes
local gone = {}
while held > most and redis.call('ZCARD', runs) > 1 do
    local oldest = redis.call('ZRANGE', runs, 0, 0)[1]
    if oldest == member then oldest = redis.call('ZRANGE', runs, 1, 1)[1] end
    redis.call('ZREM', runs, oldest)
    held = held - size(oldest)
    gone[#gone + 1] = oldest
end
redis.call('ZADD', runs, '+inf', string.format('sum %d', held))
redis.call('EXPIRE', runs, kept_s)
return gone
