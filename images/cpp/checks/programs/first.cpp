#include "registered.hpp"

// No other file names what is in here, so no linker misses it. It is called before main().
static Registered first("first");
