@main def main() =
  println("before")
  sys.exit(3)
