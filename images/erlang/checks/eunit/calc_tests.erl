-module(calc_tests).
-include_lib("eunit/include/eunit.hrl").

add_test() -> ?assertEqual(2, calc:add(1, 1)).
wrong_test() -> ?assertEqual(3, calc:add(1, 1)).
several_test_() -> [?_assertEqual(4, calc:add(2, 2)), ?_assert(calc:add(0, 0) =:= 0)].
