class Hello {
    static function main() {
        Sys.println("Hello from Haxe: 你好, 🌍");
    }
}
