int shared(void) { return 42; }
