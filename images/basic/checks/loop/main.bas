for i = 1 to 3
  print square(i)
next i

sub square(x)
  return x * x
end sub
