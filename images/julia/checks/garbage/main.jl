# Much more than a sandbox has, though never at once.
for each in 1:200
    sum(rand(1_000_000))
    join(string.(1:10_000), " ")
end
println("done")
