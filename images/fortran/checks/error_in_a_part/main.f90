program main
  use part
  print *, answer()
end program
