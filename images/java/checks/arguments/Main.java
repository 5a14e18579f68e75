class Main {
    public static void main(String[] args) {
        System.out.print(args.length + " arguments:");
        for (String arg : args) System.out.print(" [" + arg + "]");
        System.out.println();
    }
}
