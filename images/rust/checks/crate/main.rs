use greeter::greet;
fn main() { println!("{}", greet()); }
