const std = @import("std");
const c = @cImport(@cInclude("string.h"));

pub fn main() !void {
    var gpa = std.heap.GeneralPurposeAllocator(.{}){};
    defer _ = gpa.deinit();
    const allocator = gpa.allocator();
    const args = try std.process.argsAlloc(allocator);
    defer std.process.argsFree(allocator, args);
    var list = std.ArrayList(usize).init(allocator);
    defer list.deinit();
    for (args[1..]) |arg| try list.append(c.strlen(arg.ptr));

    const stdout = std.io.getStdOut().writer();
    try stdout.print("{any}\n", .{list.items});
    var line: [100]u8 = undefined;
    const name = try std.io.getStdIn().reader().readUntilDelimiter(&line, '\n');
    try stdout.print("Hello, {s}!\n", .{name});
}
