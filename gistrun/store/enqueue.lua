-- Queues a job, once. Its record has no expiry, so that Redis never evicts it. The worker removes it when the job ends.
local job, queue, rounds, visitors = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, visitor, rounds_kept_s = ARGV[1], ARGV[2], ARGV[3]
local first_field = 4

if redis.call('EXISTS', job) == 1 then return 0 end
redis.call('HSET', job, unpack(ARGV, first_field))
place(queue, rounds, visitors, id, visitor, rounds_kept_s)
return 1
