#define PROGRAM(name) int main(void) { return 1; }
PROGRAM(other)
