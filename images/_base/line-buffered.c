/* Linked into C and C++ programs: a line appears when it is printed, as on a terminal, although it goes to a pipe. */
#include <stdio.h>

__attribute__((constructor)) static void line_buffered(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
}
