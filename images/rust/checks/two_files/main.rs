mod answer;

fn main() {
    println!("{}", answer::VALUE);
}
