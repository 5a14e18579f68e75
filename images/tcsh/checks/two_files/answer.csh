set answer = 42
