println("$(length(ARGS)) arguments: ", join(["[$each]" for each in ARGS], " "))
