1{
e kill -KILL $PPID
}
