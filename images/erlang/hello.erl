-module(hello).
-export([main/1]).

main(_) ->
    io:format("~ts~n", ["Hello from Erlang: 你好, 🌍"]).
