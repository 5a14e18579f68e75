deep(n) = n == 0 ? [1, 2][3] : deep(n - 1)
endless() = 1 + endless()
actions = [
    () -> deep(3), () -> error("broken"), () -> sqrt(-1), () -> div(1, 0), endless,
    () -> wait(@async error("in a task")),
]
function failure(action)
    try
        action()
    catch failed
        return typeof(failed)
    end
end
println(join(failure.(actions), " "))
