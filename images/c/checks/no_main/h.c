int h(void) { return 8; }

#if 1
#else
int main(void) { return 1; }
#endif
