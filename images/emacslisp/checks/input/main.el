(let ((n 0) last line)
  (while (setq line (ignore-errors (read-string "")))
    (setq n (1+ n) last line))
  (princ (format "%d lines, the last is %s\n" n last)))
