#define TEST(test) int main(void) { test; return 0; }
