set -e
reset
reset -Q
tset
tput init
tput reset > reset.txt
test -s reset.txt
tput -T xterm reset
for TERM in xterm-ghostty xterm-kitty alacritty foot tmux-256color wezterm; do
    export TERM
    tput sgr0
    clear
    reset
done
echo "$(tset -q) well"
