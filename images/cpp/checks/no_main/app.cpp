#include "app.hpp"

int App::main()
{
    return 1;
}

namespace tests {
int main()
{
    return 1;
}
}
