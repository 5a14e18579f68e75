args = System.argv()
IO.puts("#{length(args)} arguments: #{Enum.map_join(args, " ", &"[#{&1}]")}")
