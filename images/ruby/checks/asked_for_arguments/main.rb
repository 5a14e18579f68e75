puts ARGV[0].upcase
