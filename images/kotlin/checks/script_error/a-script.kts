fun fail(): Nothing = error("broken")
fail()
