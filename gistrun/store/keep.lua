-- Keeps a rendering as long as the run that it shows, a day at most. A gist with very many renderings is one that
-- somebody plays with: its hash begins anew.
local rendered, images, run = KEYS[1], KEYS[2], KEYS[3]
local token, name, about, body_name, body = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local longest_s, most_fields = tonumber(ARGV[6]), tonumber(ARGV[7])

local version = redis.call('GET', images) or '0'
local current = redis.call('HGET', rendered, 'mark')
if not current or current .. ' ' .. version ~= token then return 0 end
if redis.call('HLEN', rendered) > most_fields then
    redis.call('DEL', rendered)
    return 0
end
local run_kept_s = redis.call('TTL', run)
if run_kept_s <= 0 then return 0 end
local kept_s = redis.call('TTL', rendered)
if redis.call('HLEN', rendered) == 1 or kept_s < 0 then kept_s = longest_s end
redis.call('HSET', rendered, name, version .. ' ' .. about, body_name, body)
redis.call('EXPIRE', rendered, math.min(run_kept_s, kept_s, longest_s))
return 1
