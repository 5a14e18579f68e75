fn main() {
    println!("Hello from Rust: 你好, 🌍");
}
