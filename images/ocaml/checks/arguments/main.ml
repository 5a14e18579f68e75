let () =
  let args = List.tl (Array.to_list Sys.argv) in
  Printf.printf "%d arguments: %s\n" (List.length args) (String.concat " " (List.map (fun a -> "[" ^ a ^ "]") args))
