(import sys)
(setv lines (.splitlines (.read sys.stdin)))
(print f"{(len lines)} lines, the last is {(get lines -1)}")
