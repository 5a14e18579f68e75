/* Called by main( of main.c. */
const char *example = "int main(void) {";

int half(int number)
{
    return number / 2;
}

#ifdef TEST
int main(void)
{
    return half(2) != 1;
}
#endif
