(* Linked before a gist's own modules. OCaml holds back what a program prints to a pipe; a visitor waits for it. *)
let () = Out_channel.set_buffered stdout false
