int rest(void) { return 2; }
