source answer.inc
echo g:answer
