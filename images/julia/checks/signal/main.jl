println("before")
ccall(:kill, Cint, (Cint, Cint), getpid(), 15)
sleep(5)
