let () = print_endline "Hello from OCaml: 你好, 🌍"
