(princ "before\n")
(kill-emacs 3)
