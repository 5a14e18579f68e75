source answer.fish
echo $ANSWER
