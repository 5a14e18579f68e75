-- Lets a visitor open one more event stream, if they hold fewer than `most`. Streams whose lease is over do not count.
local streams = KEYS[1]
local stream, most, now, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

redis.call('ZREMRANGEBYSCORE', streams, '-inf', now)
if redis.call('ZCARD', streams) >= most then return 0 end
redis.call('ZADD', streams, now + lease, stream)
redis.call('EXPIRE', streams, lease)
return 1
