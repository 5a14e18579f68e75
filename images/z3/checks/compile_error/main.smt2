(assert (> x 1))
