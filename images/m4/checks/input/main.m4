define(`twice', `$1 $1')dnl
twice(ö)
include(`/dev/stdin')