lines = STDIN.each_line.to_a
puts "#{lines.size} lines, the last is #{lines.last}"
