public class Main {
    public static void main(String[] args) {
        System.out.println(Calc.add(40, 2));
    }
}
