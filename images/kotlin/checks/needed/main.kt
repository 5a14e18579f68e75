fun main() = println(answer())
