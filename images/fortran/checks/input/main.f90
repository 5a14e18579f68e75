program p
  character(len=100) :: line, last
  integer :: n, status
  n = 0
  do
    read (*, '(a)', iostat=status) line
    if (status /= 0) exit
    n = n + 1
    last = line
  end do
  print '(i0, a, a)', n, ' lines, the last is ', trim(last)
end program
