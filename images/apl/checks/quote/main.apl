'before'
'no end
'after'
