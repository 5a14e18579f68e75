int a(void) { return 1; }

#if defined(TEST)
int main(void) { return 1; }
#endif
