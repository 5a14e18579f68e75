input "" n
print 2 * n
