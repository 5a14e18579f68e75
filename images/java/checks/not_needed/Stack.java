public class Stack {
    int size() { return 41; }
    public static void main(String[] args) { System.out.println("test of stack"); }
}
