@main def main() =
  val lines = io.Source.stdin.getLines().toList
  println(s"${lines.size} lines, the last is ${lines.last}")
