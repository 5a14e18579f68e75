class Main {
    static function main() {
        Sys.println("naïve 日本 🙂");
    }
}
