fun main() {
    println("before")
    ProcessBuilder("sh", "-c", "kill -KILL ${'$'}PPID").start().waitFor()
    println("after")
}
