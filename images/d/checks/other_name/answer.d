module answer;

int compute() { return 6 * 7; }
