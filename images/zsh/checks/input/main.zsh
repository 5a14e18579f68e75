lines=("${(@f)$(cat)}")
print "$#lines lines, the last is $lines[-1]"
