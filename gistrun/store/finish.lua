-- The end of a run and everything that it means for the caches, in one step: whoever reads the end finds them changed.
local run, stream, active, recent, rendered = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local under_way, last_ended, errors, active_bytes, kept = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local attempt, record, id, kept_s, state = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local repeatable, recent_most, errors_kept_s, is_result = ARGV[6] == '1', ARGV[7], ARGV[8], ARGV[9] == '1'

local current, public, bytes = unpack(redis.call('HMGET', run, 'attempt', 'public', 'bytes'))
if current ~= attempt then return 0 end
redis.call('HSET', run, 'json', record, 'attempt', 0)
redis.call('HDEL', run, 'visitor', 'starter', 'request', 'bytes')
redis.call('DECRBY', active_bytes, bytes or 0)
redis.call('EXPIRE', run, kept_s)
redis.call('ZREM', active, id)
redis.call('DEL', rendered)
if redis.call('GET', under_way) == id then redis.call('DEL', under_way) end
local shown = cjson.encode({id = id, state = state})
if not is_result then
    -- A visitor has stopped it: that says nothing of the program.
elseif state == 'error' then
    local before = redis.call('GET', last_ended)
    if not before or cjson.decode(before).state == 'error' then -- a program's own end stays
        redis.call('SET', last_ended, shown, 'EX', kept_s)
    end
    redis.call('INCR', errors)
    redis.call('EXPIRE', errors, errors_kept_s)
else
    redis.call('SET', last_ended, shown, 'EX', kept_s)
    redis.call('DEL', errors)
    if kept then
        -- An end that is not repeatable also serves an edited description, but it never replaces a repeatable one.
        if repeatable then redis.call('SET', kept, id, 'EX', kept_s)
        else redis.call('SET', kept, id, 'EX', kept_s, 'NX') end
    end
    if public == '1' then
        redis.call('LPUSH', recent, id)
        redis.call('LTRIM', recent, 0, recent_most)
    end
end
redis.call('XADD', stream, '*', 'event', 'end', 'data', record)
redis.call('EXPIRE', stream, kept_s)
return 1
