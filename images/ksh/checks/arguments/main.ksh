print -n "$# arguments:"
for each in "$@"; do print -n " [$each]"; done
print
