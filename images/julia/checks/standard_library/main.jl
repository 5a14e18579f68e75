using Dates, LinearAlgebra, Printf, Random, Statistics
Random.seed!(1)
@printf("%.3f %s %s %d\n", norm([1 2; 3 4]), mean([1, 2, 3]), Date(2020, 2, 28) + Day(1), length(randstring(40)))
