@main
struct Program {
    static func main() async {
        print(await Task { 6 * 7 }.value)
    }
}
