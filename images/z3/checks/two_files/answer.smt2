(declare-const answer Int)
(assert (= answer 42))
