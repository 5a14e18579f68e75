#include "first part.c"
#include "rest.inc"
