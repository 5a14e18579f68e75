#include <iostream>
int main() { std::cout << "naïve 日本 🙂\n"; }
