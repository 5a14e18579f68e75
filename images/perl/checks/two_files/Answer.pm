package Answer;
our $VALUE = 42;
1;
