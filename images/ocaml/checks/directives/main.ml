#!/usr/bin/env ocaml
#use "topfind";;
#load "unix.cma";;
#require "str";;
let () = print_endline (if Unix.getpid () > 0 then "ok" else "no")
