-- A worker takes a run, and with it everything it needs to know but the gist, which may be large.
local run = KEYS[1]
local attempt, worker = ARGV[1], ARGV[2]

local current, taken_by = unpack(redis.call('HMGET', run, 'attempt', 'worker'))
if current ~= attempt or taken_by ~= '' then return false end
redis.call('HSET', run, 'worker', worker)
return redis.call('HGETALL', run)
