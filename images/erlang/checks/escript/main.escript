#!/usr/bin/env escript
main([A]) -> io:format("~s~n", [A]).
