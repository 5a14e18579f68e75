use std::io::BufRead;

fn main() {
    let lines: Vec<String> = std::io::stdin().lock().lines().map(|l| l.unwrap()).collect();
    println!("{} lines, the last is {}", lines.len(), lines.last().unwrap());
}
