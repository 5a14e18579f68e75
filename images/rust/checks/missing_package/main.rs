use nobody_has_this::Thing;

fn main() {
    println!("{}", Thing::new());
}
