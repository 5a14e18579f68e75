cd /
ls /none
if true; then
echo well
fi
