let arguments = CommandLine.arguments.dropFirst()
print("\(arguments.count) arguments: \(arguments.map { "[\($0)]" }.joined(separator: " "))")
