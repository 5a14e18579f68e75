echo $#argv arguments: \[$argv[1]:q\] \[$argv[2]\]
