-- Counts the bytes of an ended run for its owner, by when it expires, and gives those that have to go: the runs that would
-- expire first, until the rest fits. A run that has expired by itself does not count any more.
local runs, total, run = KEYS[1], KEYS[2], KEYS[3]
local member, bytes, now, expires_at = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local most, kept_s, account = tonumber(ARGV[5]), ARGV[6], ARGV[7]

local function size(name) return tonumber(string.match(name, '^%d+')) end

local held = tonumber(redis.call('GET', total) or 0)
for _, expired in ipairs(redis.call('ZRANGEBYSCORE', runs, '-inf', now)) do held = held - size(expired) end
redis.call('ZREMRANGEBYSCORE', runs, '-inf', now)
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
redis.call('SET', total, held, 'EX', kept_s)
redis.call('EXPIRE', runs, kept_s)
return gone
