local count, last = 0
for line in io.lines() do count = count + 1; last = line end
print(count .. ' lines, the last is ' .. last)
