'before'
)HOST kill -TERM $PPID
'after'
