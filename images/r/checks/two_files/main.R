source('answer.R')
cat(answer, '\n', sep = '')
