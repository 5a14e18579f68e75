-module(hello).
-export([hello_world/0, fac/1]).

hello_world() -> io:format("~p~n", [fac(5)]).

fac(0) -> 1;
fac(N) -> N * fac(N - 1).
