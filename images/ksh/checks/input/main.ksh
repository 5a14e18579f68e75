integer count=0
while IFS= read -r line; do
    (( count += 1 ))
    last=$line
done
print "$count lines, the last is $last"
