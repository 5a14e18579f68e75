include(`answer.m4')dnl
ANSWER
