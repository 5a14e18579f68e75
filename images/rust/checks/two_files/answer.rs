pub const VALUE: i32 = 42;
