int doubled(int number)
{
    int new = 2 * number;
    return new;
}
