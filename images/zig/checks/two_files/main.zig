const std = @import("std");
const answer = @import("answer.zig");

pub fn main() void {
    _ = std.c.printf("%d\n", answer.value);
}
