fun compute() = 6 * 7
