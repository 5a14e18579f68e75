module part
contains
  integer function answer()
    implicit none
    answer = undeclared_thing
  end function
end module
