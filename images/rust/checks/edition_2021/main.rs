struct Numbers(u32);

impl Numbers {
    fn gen(&mut self) -> u32 {
        self.0 += 1;
        self.0
    }
}

extern "C" {
    fn abs(value: i32) -> i32;
}

fn main() {
    let mut gen = Numbers(41);
    println!("{} {}", gen.gen(), unsafe { abs(-1) });
}
