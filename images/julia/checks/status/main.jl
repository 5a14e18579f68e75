println("before")
exit(3)
