#include "stack.hpp"

#include <iostream>

int main()
{
    Stack<int> stack;
    stack.push(42);
    std::cout << stack.pop() << shared() << "\n";
}
