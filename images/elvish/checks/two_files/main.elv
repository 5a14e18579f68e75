use ./answer
answer:compute
