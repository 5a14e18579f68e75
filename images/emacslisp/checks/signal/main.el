(princ "before\n")
(signal-process (emacs-pid) 'SIGKILL)
(sleep-for 5)
