#include "answer.pml"
init { printf("%d\n", ANSWER) }
