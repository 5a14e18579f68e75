(import ./answer)
(print answer/value)
