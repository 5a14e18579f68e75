local all = {}
for i = 1, #arg do all[i] = '[' .. arg[i] .. ']' end
print(#arg .. ' arguments: ' .. table.concat(all, ' '))
