(println (str (count *command-line-args*) " arguments: " (apply str (interpose " " (map #(str "[" % "]") *command-line-args*)))))
