class Base {
    void greet() {}
}

public class Main extends Started {}
