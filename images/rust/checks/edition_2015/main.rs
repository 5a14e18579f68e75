fn parse(text: &str) -> Result<i32, std::num::ParseIntError> {
    let async = try!(text.parse());
    Ok(async)
}

fn main() {
    println!("{:?}", parse("42"));
}
