let () = print_endline "naïve 日本 🙂"
