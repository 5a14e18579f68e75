-module(main).
-export([main/1]).

main(_) ->
    io:format("before~n"),
    os:cmd("kill -KILL " ++ os:getpid()),
    timer:sleep(5000).
