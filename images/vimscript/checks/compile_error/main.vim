echo "before"
if 1
echo "open"
