parse arg n
return n * 7
