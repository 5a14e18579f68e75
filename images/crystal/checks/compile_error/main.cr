x : Int32 = "no"
