const std = @import("std");

pub fn main() !void {
    _ = std.c.printf("before\n");
    try std.posix.raise(.TERM);
}
