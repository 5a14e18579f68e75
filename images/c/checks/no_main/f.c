struct { int (*main)(int); } q;

static int six(int more) { return more + 5; }

int f(void)
{
    q.main = six;
    return q.main(1);
}
