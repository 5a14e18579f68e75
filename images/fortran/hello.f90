program hello
  print "(a)", "Hello from Fortran: 你好, 🌍"
end program
