let () =
  print_endline "before";
  Unix.kill (Unix.getpid ()) Sys.sigterm;
  Unix.sleep 5
