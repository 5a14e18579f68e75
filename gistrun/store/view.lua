-- Counts a view of a gist. Popularity is one number that never needs ageing: the logarithm of a sum in which a view of
-- now counts twice as much as a view of one half-life ago. A view queues a revisit when GitHub was last asked longer ago
-- than the interval; all processes together queue one. A gist that GitHub does not have waits for its backoff. A gist
-- never seen may be an id that somebody made up: it is not watched, and waits apart until the watcher has budget for it.
local looked, popular, checked, revisits = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local unknown, watching, gist, missing = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local id, now, score, interval = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

local function view()
    local stretched = redis.call('HGET', watching, 'looked_at_interval_s')
    if stretched then interval = math.max(interval, tonumber(stretched)) end
    local again_at = redis.call('HGET', missing, 'again_at')
    if again_at and now < tonumber(again_at) then return 0 end
    local last = redis.call('ZSCORE', checked, id)
    local fresh = last and now - tonumber(last) < interval
    if redis.call('EXISTS', gist) == 0 then
        if not fresh and redis.call('ZCARD', unknown) < 1000 then redis.call('ZADD', unknown, 'NX', now, id) end
        return 0
    end
    redis.call('ZADD', looked, now, id)
    local before = tonumber(redis.call('ZSCORE', popular, id) or nil)
    if before then
        local more, less = math.max(before, score), math.min(before, score)
        score = more + math.log(1 + 2 ^ (less - more)) / math.log(2)
    end
    redis.call('ZADD', popular, string.format('%.9f', score), id)
    if fresh then return 0 end
    redis.call('ZADD', checked, now, id)
    redis.call('ZADD', revisits, 'LT', now, id)
    return 1
end
