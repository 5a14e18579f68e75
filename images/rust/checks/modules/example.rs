mod a_helper;
fn main() { println!("{}", a_helper::help()); }
