require "./answer"
puts ANSWER
