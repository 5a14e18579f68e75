puts "before"
puts [1][ARGV.size + 5]
