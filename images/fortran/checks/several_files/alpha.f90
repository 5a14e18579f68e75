module alpha
  implicit none
  interface
    module function far()
      integer :: far
    end function
  end interface
contains
  integer function of_alpha()
    of_alpha = 20
  end function
end module alpha
