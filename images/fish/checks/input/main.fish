set lines (cat)
echo (count $lines) lines, the last is $lines[-1]
