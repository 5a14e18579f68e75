set print "-"
print 6 * 7
do for [i = 1:2] { print i }
