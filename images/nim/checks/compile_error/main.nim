let x: int = ""
