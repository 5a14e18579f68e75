module sums;
int add(int a, int b) { return a + b; }

unittest
{
    assert(add(1, 1) == 2);
    assert(add(1, 1) == 3, "no three");
}
