fn show(what: &std::fmt::Display) -> Box<Fn(i32) -> String> {
    let text = what.to_string();
    Box::new(move |number| format!("{} {}", text, number))
}

fn main() {
    match 5 {
        0...9 => println!("{}", show(&"one digit:")(5)),
        _ => (),
    }
}
