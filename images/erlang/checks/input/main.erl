-module(main).
-export([main/0]).

main() ->
    Lines = all([]),
    io:format("~b lines, the last is ~ts~n", [length(Lines), hd(Lines)]).

all(Lines) ->
    case io:get_line("") of
        eof -> Lines;
        Line -> all([string:trim(Line) | Lines])
    end.
