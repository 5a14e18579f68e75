-module(main).
-export([start/0]).

start() ->
    io:format("~ts~n", ["naïve 日本 🙂"]).
