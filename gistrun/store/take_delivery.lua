-- A delivery is remembered together with its work, in one step: a sender that is told of a failure sends it again.
-- LT: a gist waits once; an earlier turn replaces a later one.
local delivery, revisits, readmes = KEYS[1], KEYS[2], KEYS[3]
local kept_s, now, repository = ARGV[1], ARGV[2], ARGV[3]
local first_gist = 4

if not redis.call('SET', delivery, 1, 'NX', 'EX', kept_s) then return 0 end
for at = first_gist, #ARGV do redis.call('ZADD', revisits, 'LT', now, ARGV[at]) end
if repository ~= '' then redis.call('ZADD', readmes, 'LT', now, repository) end
return 1
