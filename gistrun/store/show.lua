-- A rendering counts as long as neither its gist nor any language has changed: a change of the gist removes the whole
-- hash, a change of a language raises a counter. A rendering that is shown counts as a view, written once a second.
-- Who finds no rendering is given a token, which goes with the hash: so what was rendered before a change is not kept.
local rendered, images = KEYS[9], KEYS[10]
local name, new_token, rendering_s = ARGV[5], ARGV[6], ARGV[7]

local version = redis.call('GET', images) or '0'
local found = redis.call('HGET', rendered, name)
if found and string.sub(found, 1, #version + 1) == version .. ' ' then
    local last = redis.call('ZSCORE', looked, id)
    if not last or now - tonumber(last) >= 1 then view() end
    return {1, string.sub(found, #version + 2)}
end
if found then redis.call('DEL', rendered) end
local token = redis.call('HGET', rendered, 'mark')
if not token then
    token = new_token
    redis.call('HSET', rendered, 'mark', token)
    redis.call('EXPIRE', rendered, rendering_s)
end
return {0, token .. ' ' .. version}
