int e(void) { return 101 - 96; }
