def lines = System.in.readLines()
println "${lines.size()} lines, the last is ${lines.last()}"
