fun main(args: Array<String>) {
    println("${args.size} arguments: ${args.joinToString(" ") { "[$it]" }}")
}
