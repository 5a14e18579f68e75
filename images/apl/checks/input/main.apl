x←⎕
2×x
'the line is ',⍞
