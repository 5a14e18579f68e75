int main(void) { return x; }
// #import
