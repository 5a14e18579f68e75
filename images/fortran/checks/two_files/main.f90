program p
  use answer
  print '(i0)', the_answer
end program
