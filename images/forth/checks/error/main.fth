." before" cr
1 0 /
." after" cr
