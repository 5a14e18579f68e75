module answer
  integer, parameter :: the_answer = 42
end module
