import shapes.*
@main def run() = println(Square(2).area)
