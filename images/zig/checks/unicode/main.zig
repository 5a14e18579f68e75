const std = @import("std");

pub fn main(init: std.process.Init) !void {
    var writer = std.Io.File.stdout().writer(init.io, &.{});
    try writer.interface.print("naïve {s} 🙂\n", .{"日本"});
}
