source ./answer.zsh
echo $ANSWER
