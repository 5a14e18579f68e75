-module(main).
-export([main/1]).

main(Args) ->
    io:format("~b arguments:", [length(Args)]),
    [io:format(" [~ts]", [A]) || A <- Args],
    io:format("~n").
