print (1
