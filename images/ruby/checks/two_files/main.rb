require_relative 'answer'
puts ANSWER
