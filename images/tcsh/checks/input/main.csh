set first = "$<"
set last = "$<"
echo "2 lines, the last is $last"
