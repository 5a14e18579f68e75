#include <iostream>

int main() {
    std::cout << "Hello from C++: 你好, 🌍" << std::endl;
}
