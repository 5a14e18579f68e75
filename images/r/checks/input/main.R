lines <- readLines(file('stdin'))
cat(length(lines), 'lines, the last is', tail(lines, 1))
cat('\n')
