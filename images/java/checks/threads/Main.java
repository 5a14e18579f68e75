class Main {
    public static void main(String[] args) throws Exception {
        try (var all = java.util.concurrent.Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 8; i++) all.submit(() -> { Thread.sleep(20); return 1; });
        } catch (Throwable e) {}
        System.out.println("well");
    }
}
