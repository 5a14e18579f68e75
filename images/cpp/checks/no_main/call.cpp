#include "app.hpp"

extern int main();

int call(bool really)
{
    if (really)
        main();
    App app;
    return app.main() + 1;
}
