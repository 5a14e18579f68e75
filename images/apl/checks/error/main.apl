'before'
÷0
'after'
