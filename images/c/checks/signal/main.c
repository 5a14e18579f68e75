#include <signal.h>
#include <stdio.h>
int main(void) { puts("before"); raise(SIGTERM); }
