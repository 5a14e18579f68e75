END { print NR " lines, the last is " $0 }
