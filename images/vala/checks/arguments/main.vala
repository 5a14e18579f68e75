void main(string[] args) {
    print("%d arguments: [%s] [%s]\n", args.length - 1, args[1], args[2]);
}
