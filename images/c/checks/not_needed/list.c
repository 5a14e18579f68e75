int list_size(void)
{
    return 42;
}

int helper(void)
{
    return 1;
}
