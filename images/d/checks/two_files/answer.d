module answer;

immutable value = 42;
