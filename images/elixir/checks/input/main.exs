lines = IO.stream() |> Enum.map(&String.trim/1)
IO.puts("#{length(lines)} lines, the last is #{List.last(lines)}")
