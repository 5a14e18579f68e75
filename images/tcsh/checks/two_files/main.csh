source answer.csh
echo $answer
