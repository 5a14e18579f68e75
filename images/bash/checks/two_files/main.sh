source ./answer.bash
echo "$ANSWER"
