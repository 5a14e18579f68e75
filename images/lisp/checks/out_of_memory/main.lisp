(defvar *kept* nil)
(loop (push (make-array 100000 :initial-element 7) *kept*))
