#include "one.cc"
