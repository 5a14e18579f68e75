started = `ruby -e 'print RUBY_VERSION'`
puts started == RUBY_VERSION ? "the same" : "#{started} is not #{RUBY_VERSION}"
