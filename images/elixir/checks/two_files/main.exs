Code.require_file("answer.ex")
IO.puts(Answer.value())
