#if 1
int main(void) { return 1; }
#else
int nothing;
#endif
