set answer 42
