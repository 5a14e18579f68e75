println "${args.size()} arguments: ${args.collect { "[$it]" }.join(' ')}"
