import java.util.*;

class Main {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int count = 0;
        String last = "";
        while (in.hasNextLine()) {
            last = in.nextLine();
            count++;
        }
        System.out.printf("%d lines, the last is %s%n", count, last);
    }
}
