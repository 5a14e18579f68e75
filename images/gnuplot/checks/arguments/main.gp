set print "-"
print sprintf("%d arguments: [%s] [%s]", ARGC, ARG1, ARG2)
