(def args (drop 1 (dyn :args)))
(print (length args) " arguments: " (string/join (map |(string "[" $ "]") args) " "))
