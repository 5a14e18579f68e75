#include <iostream>
#include <string>
int main() {
    int count = 0;
    std::string line, last;
    while (std::getline(std::cin, line)) { ++count; last = line; }
    std::cout << count << " lines, the last is " << last << '\n';
}
