program other
  use mpi
  use alpha
  error here
end program
