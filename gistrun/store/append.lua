-- Writes an event of a run. A lost worker that comes back must not write, so every write of a run checks that its attempt
-- still counts. An ended run has attempt 0.
local run, stream = KEYS[1], KEYS[2]
local attempt, event, data, record = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

if redis.call('HGET', run, 'attempt') ~= attempt then return 0 end
redis.call('XADD', stream, '*', 'event', event, 'data', data)
if record ~= '' then redis.call('HSET', run, 'json', record) end
return 1
