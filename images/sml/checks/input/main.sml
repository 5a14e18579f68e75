fun read lines = case TextIO.inputLine TextIO.stdIn of NONE => lines | SOME line => read (line :: lines)
val lines = read []
val () = print (Int.toString (length lines) ^ " lines, the last is " ^ hd lines)
