#!/usr/bin/env -iS A="1 2" bash --norc
echo "$A,$HOME,$TERM"
[ -n "$PATH" ] && basename /dev/null
