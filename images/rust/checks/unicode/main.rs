fn main() {
    println!("naïve 日本 🙂");
}
