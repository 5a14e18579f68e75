$ARGS.named.name
