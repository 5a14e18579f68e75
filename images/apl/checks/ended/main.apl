'before'
1÷0
)OFF
