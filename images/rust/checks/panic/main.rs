fn main() {
    let v = vec![1];
    println!("{}", v[std::env::args().count() + 5]);
}
