say 'a' || 
if then
