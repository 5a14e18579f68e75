echo 'before'
cquit 3
