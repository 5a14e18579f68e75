print *, "a program of its own"
end
