#[test]
fn well() {
    assert_eq!(1 + 1, 2);
}

#[test]
fn wrong() {
    assert_eq!(1 + 1, 3);
}
