(handler-case (make-array 1000000000)
  (storage-condition () (format t "a program may handle it~%")))
(make-array 1000000000 :initial-element 7)
