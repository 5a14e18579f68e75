#include "answer.cpp"

#include <iostream>
#include <locale>

int main()
{
    std::locale named("en_US.UTF-8");
    std::cout << answer() << " " << std::locale("").name() << "\n";
}
