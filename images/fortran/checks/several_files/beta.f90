submodule (alpha) beta
contains
  module procedure far
    far = 19
  end procedure
end submodule
