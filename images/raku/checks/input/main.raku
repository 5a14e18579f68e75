my @lines = $*IN.lines;
say "{+@lines} lines, the last is {@lines[*-1]}";
