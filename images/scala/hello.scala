@main def hello(): Unit =
  println("Hello from Scala: 你好, 🌍")
