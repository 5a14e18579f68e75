let numbers = [1, 2]
print(numbers[CommandLine.arguments.count + 2])
