Module Zeta
  use alpha
contains
  integer function of_zeta()
    of_zeta = of_alpha() + far()
  end function
end module
