let lines = readfile('/dev/stdin')
echo len(lines) .. ' lines, the last is ' .. lines[-1]
