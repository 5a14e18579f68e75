argc @ 1- 0 .r ."  arguments:"
: shown begin next-arg 2dup d0= 0= while ."  [" type ." ]" repeat 2drop ;
shown cr
