-- Queues a job, once.
local job, queue, rounds, visitors = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, visitor, job_kept_s, rounds_kept_s = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local first_field = 5

if redis.call('EXISTS', job) == 1 then return 0 end
redis.call('HSET', job, unpack(ARGV, first_field))
redis.call('EXPIRE', job, job_kept_s)
place(queue, rounds, visitors, id, visitor, rounds_kept_s)
return 1
