@main def main(args: String*) =
  println(s"${args.size} arguments: ${args.map(a => s"[$a]").mkString(" ")}")
