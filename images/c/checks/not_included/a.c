int a(void) { return 97 - 96; }
