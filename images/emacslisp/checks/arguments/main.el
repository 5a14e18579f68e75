(princ (format "%d arguments: %s\n" (length command-line-args-left) (mapconcat (lambda (a) (format "[%s]" a)) command-line-args-left " ")))
(setq command-line-args-left nil)
