fun main() {
    println("Hello from Kotlin: 你好, 🌍")
}
