class Main {
    static function main() {
        var args = Sys.args();
        Sys.println('${args.length} arguments: ${args.map(arg -> '[$arg]').join(" ")}');
    }
}
