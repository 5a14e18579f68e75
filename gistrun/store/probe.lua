-- Writes a key of each kind in turn, as everything that is kept is one of these. The last one stays for a minute.
local written = KEYS[1]

redis.call('SET', written, 1)
redis.call('INCR', written)
redis.call('DEL', written)
redis.call('HSET', written, 'field', 1)
redis.call('DEL', written)
redis.call('ZADD', written, 1, 'member')
redis.call('ZREM', written, 'member')
redis.call('RPUSH', written, 'item')
redis.call('LTRIM', written, 0, 0)
redis.call('DEL', written)
redis.call('XADD', written, '*', 'field', 1)
redis.call('EXPIRE', written, 60)
return 1
