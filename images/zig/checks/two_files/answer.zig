pub const value: c_int = 42;
