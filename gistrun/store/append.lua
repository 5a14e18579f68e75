-- Writes events of a run, in order. A lost worker that comes back must not write, so every write of a run checks that
-- its attempt still counts. An ended run has attempt 0.
local run, stream = KEYS[1], KEYS[2]
local attempt, event, record = ARGV[1], ARGV[2], ARGV[3]

if redis.call('HGET', run, 'attempt') ~= attempt then return 0 end
for place = 4, #ARGV do redis.call('XADD', stream, '*', 'event', event, 'data', ARGV[place]) end
if record ~= '' then redis.call('HSET', run, 'json', record) end
return 1
