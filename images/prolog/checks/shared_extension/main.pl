:- initialization(main).

main :- X = 42, writeln(X).
