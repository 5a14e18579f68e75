unsafe extern "C" {
    fn raise(signal: i32) -> i32;
}

fn main() {
    println!("before");
    unsafe { raise(15) };
}
