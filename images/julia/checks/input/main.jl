lines = readlines()
println("$(length(lines)) lines, the last is $(last(lines))")
