text = gets.not_nil!
puts "#{text} has #{text.size} characters, #{text.upcase}"
