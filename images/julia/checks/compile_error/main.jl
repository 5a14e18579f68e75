println("before"
