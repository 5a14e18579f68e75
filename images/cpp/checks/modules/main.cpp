import half;
#include <iostream>

int main() {
    std::cout << half(84) << "\n";
}
