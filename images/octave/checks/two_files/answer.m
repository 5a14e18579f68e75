function x = answer()
  x = 42;
end
