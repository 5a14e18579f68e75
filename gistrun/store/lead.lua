-- The leader stays the leader as long as it comes again within its lease. Then the next one to come leads.
local leader = KEYS[1]
local name, lease_s = ARGV[1], ARGV[2]

local current = redis.call('GET', leader)
if current and current ~= name then return 0 end
redis.call('SET', leader, name, 'EX', lease_s)
return 1
