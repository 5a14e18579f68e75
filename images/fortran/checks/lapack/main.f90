program p
  real(8) :: a(2,2), b(2)
  integer :: ipiv(2), info
  a = reshape([2d0,1d0,1d0,3d0],[2,2]); b = [3d0, 5d0]
  call dgesv(2, 1, a, 2, ipiv, b, 2, info)
  print '(2F6.3)', b
end program
