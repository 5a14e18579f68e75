'before'
∇r←f x
r←x+1
