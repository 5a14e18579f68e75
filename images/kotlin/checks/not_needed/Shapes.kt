package shapes
interface Shape { fun area(): Double }
class Square(val s: Double) : Shape { override fun area() = s * s }
