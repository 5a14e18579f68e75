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

;;; One object that is larger than the whole heap may get, which is more than the sandbox has. SBCL alone would exit with 1;
;;; taken piece by piece, the memory ends where the kernel says so, as it does for many small objects.
(defun take-all-memory ()
  (loop (let ((piece (sb-alien:make-alien (sb-alien:unsigned 8) #x100000)))
          (loop for i below #x100000 by 4096 do (setf (sb-alien:deref piece i) 1)))))

(handler-bind ((warning #'muffle-warning)
               (sb-kernel::heap-exhausted-error (lambda (problem) (declare (ignore problem)) (take-all-memory)))
               (error (lambda (problem)
                        (finish-output)
                        (format *error-output* "~&Unhandled ~a: ~a~%" (type-of problem) problem)
                        (finish-output *error-output*)
                        (exit :code 1 :abort t))))
  (let ((name (first *posix-argv*)))
    (if (roswell-p name) (run-roswell name) (load name))))
