#include <cstdio>
#include <cstdlib>
int main() { std::puts("before"); std::exit(3); }
