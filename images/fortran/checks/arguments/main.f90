program p
  character(len=100) :: arg
  integer :: i
  write (*, '(i0, a)', advance='no') command_argument_count(), ' arguments:'
  do i = 1, command_argument_count()
    call get_command_argument(i, arg)
    write (*, '(a)', advance='no') ' [' // trim(arg) // ']'
  end do
  print *
end program
