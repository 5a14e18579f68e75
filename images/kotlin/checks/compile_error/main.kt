fun main() { val x: Int = "" }
