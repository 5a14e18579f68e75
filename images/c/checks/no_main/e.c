extern int main(int argc, char **argv);

int e(void) { return main(0, 0) + 5; }
