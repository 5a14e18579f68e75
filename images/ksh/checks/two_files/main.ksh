. ./answer.ksh
answer
