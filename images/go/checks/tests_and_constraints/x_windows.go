package x

func F() int { return 2 }
