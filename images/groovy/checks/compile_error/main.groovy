println (1
