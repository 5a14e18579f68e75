const std = @import("std");

pub fn main(init: std.process.Init) !void {
    var space: [1000]u8 = undefined;
    var reader = std.Io.File.stdin().reader(init.io, &space);
    var last: [1000]u8 = undefined;
    var length: usize = 0;
    var count: usize = 0;
    while (try reader.interface.takeDelimiter('\n')) |line| {
        count += 1;
        length = line.len;
        @memcpy(last[0..length], line);
    }
    var writer = std.Io.File.stdout().writer(init.io, &.{});
    try writer.interface.print("{d} lines, the last is {s}\n", .{ count, last[0..length] });
}
