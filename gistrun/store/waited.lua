-- A run does not wait for its engine any more.
local run = KEYS[1]
local attempt, seconds = ARGV[1], ARGV[2]

if redis.call('HGET', run, 'attempt') ~= attempt then return 0 end
redis.call('HSET', run, 'waiting', '', 'waited', seconds)
return 1
