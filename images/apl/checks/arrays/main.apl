⍝ A function, arrays and a reduction.
∇r←mean x
r←(+/x)÷⍴x
∇
mean 1 2 6
2 3⍴⍳6
⌽⍳5
{⍵×⍵} 1 2 3
