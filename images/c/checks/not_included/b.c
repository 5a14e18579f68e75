int b(void) { return 98 - 96; }
