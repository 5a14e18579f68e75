(declare-const x Bool)
(assert x)
(check-sat)
