package sketch

func F() {}
