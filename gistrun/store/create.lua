-- One run for a request, however many visitors ask for it at the same time: the first one writes all of it at once.
-- Gives its id, or nothing when the runs that have not ended hold as much as they may. Runs with much input may hold half.
local under_way, run, active, stream = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local index, asked, rendered, active_bytes = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local first_indexed = 9
local id, record, request, key, public = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local now, visitor, image, index_kept_s = ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local bytes, most, much = tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])

local first = redis.call('GET', under_way)
if first then return first end
if most > 0 then
    if bytes > much then most = most / 2 end
    if tonumber(redis.call('GET', active_bytes) or 0) + bytes > most then return false end
end
redis.call('INCRBY', active_bytes, bytes)
redis.call('SET', under_way, id)
redis.call('HSET', run, 'json', record, 'attempt', 1, 'worker', '', 'request', request, 'key', key,
           'public', public, 'visitor', visitor, 'starter', visitor, 'image', image, 'bytes', bytes)
redis.call('ZADD', active, now, id)
redis.call('XADD', stream, '*', 'event', 'state', 'data', record)
redis.call('ZADD', asked, now, image)
redis.call('DEL', rendered)
for at = first_indexed, #KEYS do redis.call('ZADD', index, now, KEYS[at]) end
redis.call('EXPIRE', index, index_kept_s)
return id
