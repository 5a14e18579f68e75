#include "app.hpp"

#define NOT_A_TEST
#if !defined(NOT_A_TEST)
#if __cplusplus
int main() {}
#endif
#endif

const char *text()
{
    return *R"(
int main() { return 3; }
)" == '\n' ? "3" : "4";
}
