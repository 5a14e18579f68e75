set -e
TERM=xterm-256color
export TERM
tput bold >/dev/null
tput sgr0 >/dev/null
clear >/dev/null
echo well
