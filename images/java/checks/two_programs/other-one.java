class Other {
    int number() {
        return 42;
    }

    public static void main(String[] args) {
        System.out.println("the other");
    }
}
