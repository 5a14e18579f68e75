int c(void) { return 3; }

#define LIB
#ifndef LIB
int main(void) { return 1; }
#endif
