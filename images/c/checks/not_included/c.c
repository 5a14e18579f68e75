int c(void) { return 99 - 96; }
