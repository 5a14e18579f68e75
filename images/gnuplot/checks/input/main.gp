set print "-"
stats "<cat" using 1 nooutput
print STATS_sum
