int value() { return 42; }
