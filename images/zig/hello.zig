const std = @import("std");

pub fn main() void {
    std.debug.print("", .{});
    _ = std.c.printf("Hello from Zig: 你好, 🌍\n");
}
