program main
  use zeta, only: of_zeta
  use iso_c_binding
  implicit none
  interface
    function in_c(number) bind(c)
      import :: c_int
      integer(c_int), value :: number
      integer(c_int) :: in_c
    end function
  end interface
  integer, external :: outside
  include 'part.f90'
  print '(i0)', of_zeta() + in_c(1_c_int) + outside()
end program
