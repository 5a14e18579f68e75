program images
  implicit none
  integer :: x[*]
  x = this_image()
  sync all
  print '(A,I0,A,I0)', 'image ', x, ' of ', num_images()
end program
