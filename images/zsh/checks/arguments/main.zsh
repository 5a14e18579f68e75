printf '%d arguments:' $#
printf ' [%s]' "$@"
echo
