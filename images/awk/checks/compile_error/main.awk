BEGIN { print 
