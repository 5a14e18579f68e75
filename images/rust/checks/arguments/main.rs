fn main() {
    let args: Vec<String> = std::env::args().skip(1).map(|a| format!("[{a}]")).collect();
    println!("{} arguments: {}", args.len(), args.join(" "));
}
