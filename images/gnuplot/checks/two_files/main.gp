set print "-"
load "answer.inc"
print answer
