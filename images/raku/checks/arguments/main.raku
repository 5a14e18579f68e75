say "{+@*ARGS} arguments: {@*ARGS.map({ "[$_]" })}";
