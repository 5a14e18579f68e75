#ifdef NEVER
#define X int main(void) { return 1; }
#endif
static int main_of_mine(void) { return 10; }
int j(void) { return main_of_mine(); }
