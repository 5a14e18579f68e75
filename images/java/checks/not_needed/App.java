public class App {
    public static void main(String[] args) { System.out.println(new Stack().size() + Helper.x()); }
}
