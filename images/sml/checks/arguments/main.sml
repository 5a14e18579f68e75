val args = CommandLine.arguments ()
val () = print (Int.toString (length args) ^ " arguments: " ^ String.concatWith " " (map (fn a => "[" ^ a ^ "]") args) ^ "\n")
