int d(void) { return 100 - 96; }
