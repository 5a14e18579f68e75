#include <gtest/gtest.h>

TEST(Registered, Works) {}

int main(int argc, char **argv)
{
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
