fun main() {
    val lines = generateSequence(::readLine).toList()
    println("${lines.size} lines, the last is ${lines.last()}")
}
