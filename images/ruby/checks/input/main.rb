lines = STDIN.readlines(chomp: true)
puts "#{lines.size} lines, the last is #{lines.last}"
