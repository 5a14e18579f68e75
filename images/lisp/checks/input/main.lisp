(let ((lines (loop for line = (read-line nil nil) while line collect line)))
  (format t "~d lines, the last is ~a~%" (length lines) (car (last lines))))
