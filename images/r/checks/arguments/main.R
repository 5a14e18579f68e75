args <- commandArgs(TRUE)
cat(length(args), ' arguments: ', paste0('[', args, ']', collapse = ' '), '\n', sep = '')
