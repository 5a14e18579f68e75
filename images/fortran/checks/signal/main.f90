program p
  print '(a)', 'before'
  call abort()
end program
