int b(void) { return 2; }

#if DEBUG
int main(void) { return 1; }
#endif
