program p
  print *, x y
end program
