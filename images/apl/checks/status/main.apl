'before'
)OFF 3
