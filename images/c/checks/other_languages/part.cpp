#include <algorithm>

extern "C" int in_cpp(int number) { return std::max(number, 1); }
