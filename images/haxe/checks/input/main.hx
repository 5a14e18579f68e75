class Main {
    static function main() {
        var lines = [];
        try {
            while (true) lines.push(Sys.stdin().readLine());
        } catch (end:haxe.io.Eof) {}
        Sys.println('${lines.length} lines, the last is ${lines[lines.length - 1]}');
    }
}
