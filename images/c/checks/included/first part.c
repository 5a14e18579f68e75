int first(void) { return 4; }
