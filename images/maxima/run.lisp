; Gives Maxima run_gist(), which runs the file that run-maxima names.
(in-package :maxima)

; An error of Lisp ends Maxima, as -Q has it end for its own errors.
(defun end-with-error (condition hook)
  (declare (ignore hook))
  (format *error-output* "~&~a~%" condition)
  ($quit 1))

(defmfun $run_gist ()
  (setq *debugger-hook* #'end-with-error)
  ($batch (si::getenv "MAXIMA_PROGRAM"))
  ($quit 0))
