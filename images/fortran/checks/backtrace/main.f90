program quotient
  implicit none
  integer :: i
  i = command_argument_count()
  if (i == 0) &
    error stop 3
end program
