n = peek("arguments")
print n, " arguments:";
for i = 1 to n
  print " [" + peek$("argument") + "]";
next i
print
