create line 80 allot
create last 80 allot  variable length  variable count
: read-all
  begin line 80 stdin read-line throw while
    length !  1 count +!  line last length @ move
  repeat drop ;
read-all
count @ 0 .r ."  lines, the last is " last length @ type cr
