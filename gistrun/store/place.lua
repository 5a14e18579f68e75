-- Puts a job into a queue in its visitor's turn. Rounds are those of start-time fair queueing (Goyal, Vin, Cheng 1996),
-- every run counted as equally long: a visitor's run belongs to the round after that of the visitor's last run, but to
-- no round before the current one. Redis hands a job to a waiting worker after the script has ended.
local function place(queue, rounds, visitors, id, visitor, kept_s)
    local head = redis.call('LINDEX', queue, 0)
    if not head then
        redis.call('DEL', rounds, visitors)
        redis.call('RPUSH', queue, id)
        redis.call('ZADD', rounds, 1, id)
        redis.call('ZADD', visitors, 1, visitor)
    else
        local current = tonumber(redis.call('ZSCORE', rounds, head) or 1)
        redis.call('ZREMRANGEBYSCORE', rounds, '-inf', '(' .. current)
        redis.call('ZREMRANGEBYSCORE', visitors, '-inf', '(' .. current)
        local mine = math.max(current, tonumber(redis.call('ZSCORE', visitors, visitor) or 0) + 1)
        local waiting, before = redis.call('LRANGE', queue, 0, -1), nil
        for at = #waiting, 1, -1 do
            if tonumber(redis.call('ZSCORE', rounds, waiting[at]) or current) <= mine then
                before = waiting[at]
                break
            end
        end
        if before then redis.call('LINSERT', queue, 'AFTER', before, id) else redis.call('LPUSH', queue, id) end
        redis.call('ZADD', rounds, mine, id)
        redis.call('ZADD', visitors, mine, visitor)
    end
    redis.call('EXPIRE', rounds, kept_s)
    redis.call('EXPIRE', visitors, kept_s)
end
