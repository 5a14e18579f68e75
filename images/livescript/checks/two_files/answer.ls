export answer = -> 6 * 7
