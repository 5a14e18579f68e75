package shapes
case class Square(s: Double) { def area = s * s }
