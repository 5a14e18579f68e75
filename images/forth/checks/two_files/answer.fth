42 constant answer
