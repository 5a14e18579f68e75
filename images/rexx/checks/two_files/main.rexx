say "./answer.rexx"(6)
