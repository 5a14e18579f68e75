#include <iostream>

extern "C" {
#include "answer.h"
}

int main()
{
    std::cout << answer() << "\n";
}
