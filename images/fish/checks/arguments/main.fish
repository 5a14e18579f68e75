echo (count $argv) arguments: '['$argv[1]']' '['$argv[2]']'
