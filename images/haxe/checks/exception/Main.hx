class Main {
    static function main() {
        throw "bad";
    }
}
