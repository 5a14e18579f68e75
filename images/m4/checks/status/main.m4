before
m4exit(3)
