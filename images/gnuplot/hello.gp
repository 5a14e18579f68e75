set print '-'
print "Hello from Gnuplot: 你好, 🌍"
