pub fn main() void {
    const x: u8 = 300;
    _ = x;
}
