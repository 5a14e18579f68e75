#include <string>
#include <vector>

// Whoever includes this takes part in main() by itself.
std::vector<std::string> &registered();

struct Registered {
    Registered(const char *name) { registered().push_back(name); }
};
