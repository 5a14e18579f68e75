var lines = [(from-lines)]
echo (count $lines)' lines, the last is '$lines[-1]
