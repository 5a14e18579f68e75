(let ((args (cdr sb-ext:*posix-argv*)))
  (format t "~d arguments:~{ [~a]~}~%" (length args) args))
