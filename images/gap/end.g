# GAP gives up on a file with a syntax error, but goes on with the next, which is this one, and its status would be 0. So
# the program is parsed once more. What is wrong has been said already.
IO_dup2(IO_open("/dev/null", IO.O_WRONLY, 0), 2);
if ReadAsFunction(IO_getenv("GAP_PROGRAM")) = fail then QuitGap(1); fi;
