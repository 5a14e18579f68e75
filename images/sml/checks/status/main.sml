val () = print "before\n"
val () = OS.Process.exit OS.Process.failure
