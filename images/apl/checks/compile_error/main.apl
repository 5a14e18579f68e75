'before'
1 +
