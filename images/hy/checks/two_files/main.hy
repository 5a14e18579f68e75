(import answer [answer])
(print (answer))
