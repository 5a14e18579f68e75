count=0
while read -r line; do ((++count)); last=$line; done
echo "$count lines, the last is $last"
