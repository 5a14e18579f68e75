-- A visitor's request to GitHub begins, unless too many are under way. Gives its number, or 0. A request whose process
-- was lost counts until its lease is over. Redis's own clock is the same for all hosts.
local asking, visits = KEYS[1], KEYS[2]
local most, lease_s, visits_kept_s = tonumber(ARGV[1]), ARGV[2], ARGV[3]

local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', asking, '-inf', now)
if redis.call('ZCARD', asking) >= most then return 0 end
local visit = redis.call('INCR', visits)
redis.call('ZADD', asking, now + lease_s, visit)
redis.call('EXPIRE', asking, lease_s)
redis.call('EXPIRE', visits, visits_kept_s)
return visit
