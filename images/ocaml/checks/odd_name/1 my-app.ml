let () = print_endline "named"
