function! Square(n)
  return a:n * a:n
endfunction
for n in range(1, 3)
  echo Square(n)
endfor
echo map([1, 2], "v:val * 2")
