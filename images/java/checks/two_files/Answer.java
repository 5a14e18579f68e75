public class Answer {
    public int value() { return 42; }
}
