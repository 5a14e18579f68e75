const std = @import("std");

pub fn main(init: std.process.Init) !void {
    const args = try init.minimal.args.toSlice(init.arena.allocator());
    var writer = std.Io.File.stdout().writer(init.io, &.{});
    try writer.interface.print("{d} arguments:", .{args.len - 1});
    for (args[1..]) |arg| try writer.interface.print(" [{s}]", .{arg});
    try writer.interface.print("\n", .{});
}
