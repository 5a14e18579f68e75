const std = @import("std");

fn add(a: i32, b: i32) i32 {
    return a + b;
}

test "adds" {
    try std.testing.expect(add(1, 1) == 2);
}

test "adds wrongly" {
    try std.testing.expectEqual(@as(i32, 3), add(1, 1));
}
