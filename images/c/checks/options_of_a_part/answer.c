int answer(void)
{
    return 42;
}

#ifndef WITHOUT_TEST
int main(void)
{
    return answer() != 42;
}
#endif
