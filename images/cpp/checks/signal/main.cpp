#include <csignal>
#include <cstdio>
int main() { std::puts("before"); std::raise(SIGTERM); }
