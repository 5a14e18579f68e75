int in_c(int number) { return number + 1; }
