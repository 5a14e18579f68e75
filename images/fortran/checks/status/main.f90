program p
  print '(a)', 'before'
  stop 3
end program
