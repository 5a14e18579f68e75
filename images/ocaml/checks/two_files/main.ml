let () = print_int Answer.value; print_newline ()
