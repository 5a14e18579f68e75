class Main {
    static function main() {
        Sys.println("before");
        Sys.command("kill -TERM $PPID");
        Sys.println("after");
    }
}
