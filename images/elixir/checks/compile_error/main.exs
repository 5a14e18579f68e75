IO.puts(
