fun main() {
    println("naïve 日本 🙂")
}
