-- Keeps the events of an ended run with the run itself, compressed. The stream stays for those who still read it.
local run, stream = KEYS[1], KEYS[2]
local packed, lingers_s = ARGV[1], ARGV[2]

if redis.call('HGET', run, 'attempt') ~= '0' then return 0 end
redis.call('HSET', run, 'output', packed)
redis.call('EXPIRE', stream, lingers_s)
return 1
