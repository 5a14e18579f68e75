class Helper { static int answer() { return 42; } }

public class Something {
    public static void main(String[] args) {
        System.out.println(Helper.answer());
    }
}
