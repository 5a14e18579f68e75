int main()
{
    return another_error;
}
