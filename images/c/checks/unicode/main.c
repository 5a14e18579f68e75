#include <stdio.h>
int main(void) { puts("naïve 日本 🙂"); }
