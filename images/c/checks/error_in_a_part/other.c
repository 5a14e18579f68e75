int main(void)
{
    return another_error;
}
