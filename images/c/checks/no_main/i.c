#define BEGIN main

#define WITHOUT_MAIN(name) int name(void) { return 9; }
WITHOUT_MAIN(i)
