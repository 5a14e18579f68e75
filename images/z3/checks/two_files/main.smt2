(include "answer.smt2")
(check-sat)
(get-value (answer))
