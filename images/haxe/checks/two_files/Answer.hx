class Answer {
    public static var value = 42;
}
