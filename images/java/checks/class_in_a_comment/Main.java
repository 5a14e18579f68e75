interface Before {
    void main(int number);
}

public class Main {
    static String s = "}";

    /**
     * the class which runs
     */
    public static void main(String[] args) {
        System.out.println(42);
    }
}
