(load-file "answer.clj")
(println answer)
