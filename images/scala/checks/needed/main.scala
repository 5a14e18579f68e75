@main def program() = println(answer())
