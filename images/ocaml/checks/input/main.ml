let () =
  let rec all acc = match input_line stdin with line -> all (line :: acc) | exception End_of_file -> acc in
  let lines = all [] in
  Printf.printf "%d lines, the last is %s\n" (List.length lines) (List.hd lines)
