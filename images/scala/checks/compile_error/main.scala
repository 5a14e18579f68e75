@main def main() = val x: Int = ""
