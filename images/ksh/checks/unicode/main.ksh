typeset -A words=([one]="naïve")
print "${words[one]} "$'\u65e5\u672c'" 🙂"
