program p
  print '(a)', 'naïve 日本 🙂'
end program
