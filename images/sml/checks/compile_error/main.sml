val x : int = ""
