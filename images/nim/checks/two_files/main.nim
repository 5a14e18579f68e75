import answer
echo value
