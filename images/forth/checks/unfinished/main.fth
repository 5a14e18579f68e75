." before" cr
: twice dup
