answer(n) = 7 * n;
