-- Moves a job that nobody waited for into the queue of visitors, in the turn of the visitor who waits for it now.
local later, queue, rounds, visitors, run = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id, visitor, rounds_kept_s = ARGV[1], ARGV[2], ARGV[3]

if redis.call('LREM', later, 1, id) == 0 then return 0 end
redis.call('HSET', run, 'visitor', visitor)
place(queue, rounds, visitors, id, visitor, rounds_kept_s)
return 1
