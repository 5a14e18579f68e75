object Main extends App {
  println("naïve 日本 🙂")
}
