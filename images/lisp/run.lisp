;;; Runs the file that is its first argument, as `sbcl --script` would, but with lines that appear when they are printed.
(setf *posix-argv* (rest *posix-argv*))
(setf (sb-impl::fd-stream-buffering sb-sys:*stdout*) :line)

;;; A script of Roswell's begins with (ros:ensure-asdf), and its main is called with the arguments.
(defun roswell-p (name)
  (with-open-file (file name :external-format :latin-1)
    (loop repeat 5 thereis (search "exec ros" (read-line file nil "")))))

(defun run-roswell (name)
  (eval (read-from-string "(defpackage :ros (:export #:ensure-asdf))"))
  (eval (read-from-string "(defun ros:ensure-asdf ())"))
  (with-open-file (file name)
    (load (make-concatenated-stream file (make-string-input-stream " (apply 'main (rest sb-ext:*posix-argv*))")))))

(handler-bind ((warning #'muffle-warning)
               (error (lambda (problem)
                        (finish-output)
                        (format *error-output* "~&Unhandled ~a: ~a~%" (type-of problem) problem)
                        (finish-output *error-output*)
                        (exit :code 1 :abort t))))
  (let ((name (first *posix-argv*)))
    (if (roswell-p name) (run-roswell name) (load name))))
