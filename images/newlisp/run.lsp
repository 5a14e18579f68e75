# newlisp run.lsp FILE [ARGUMENT…]: newLISP would load each argument as a file too, and then end in an error unless the
# program says (exit). The program sees its command line as if it had been started by itself.
(letex (Words (cons "newlisp" (2 (main-args))))
    (constant 'main-args (lambda (Which) (if (nil? Which) 'Words (and (< Which (length 'Words)) (nth Which 'Words))))))
(load (main-args 1))
(exit)
