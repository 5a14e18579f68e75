let value = 42
