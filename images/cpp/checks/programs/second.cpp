#include "registered.hpp"

static Registered second("second, which is not called by main()");
