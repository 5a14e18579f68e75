const std = @import("std");

pub fn main() void {
    std.debug.print("before\n", .{});
    std.process.exit(3);
}
