import shapes.Square
fun main() { println(Square(2.0).area()) }
