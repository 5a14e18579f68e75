(format t "before~%")
(sb-ext:exit :code 3)
