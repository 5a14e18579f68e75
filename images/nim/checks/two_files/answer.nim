const value* = 42
