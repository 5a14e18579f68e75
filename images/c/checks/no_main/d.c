int d(void) { return 4; }

#ifdef _WIN32
#if 1
int main(void) { return 1; }
#endif
#endif
