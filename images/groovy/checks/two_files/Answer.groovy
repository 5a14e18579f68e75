class Answer {
    int value = 42
}
