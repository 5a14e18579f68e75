-- Queues a run again under its next attempt, and tells its readers that it starts over.
local run, stream, rendered = KEYS[1], KEYS[2], KEYS[3]
local attempt, next_attempt, record, lost, waiting = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

if redis.call('HGET', run, 'attempt') ~= attempt then return 0 end
redis.call('HSET', run, 'json', record, 'attempt', next_attempt, 'worker', '', 'lost', lost, 'waiting', waiting)
redis.call('XADD', stream, '*', 'event', 'state', 'data', record)
redis.call('DEL', rendered)
return 1
