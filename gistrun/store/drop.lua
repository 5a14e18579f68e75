-- Removes an ended run, and what shows it.
local run, stream, last_ended, rendered = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id = ARGV[1]

redis.call('DEL', run, stream, rendered)
local shown = redis.call('GET', last_ended)
if shown and cjson.decode(shown).id == id then redis.call('DEL', last_ended) end
