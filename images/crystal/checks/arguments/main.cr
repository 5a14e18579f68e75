puts "#{ARGV.size} arguments: #{ARGV.map { |a| "[#{a}]" }.join(" ")}"
