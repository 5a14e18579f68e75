#include <boost/version.hpp>
#include <iostream>

int main()
{
    std::cout << BOOST_VERSION;
}
