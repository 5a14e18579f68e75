echo argc() .. ' arguments: ' .. join(map(argv(), {_, a -> '[' .. a .. ']'}), ' ')
