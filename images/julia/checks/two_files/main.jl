include("answer.jl")
println(answer())
