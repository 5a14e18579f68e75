(def total (agent 0))
(send total + 40)
(send-off total + 2)
(await total)
(println @total (reduce + (pmap inc [1 2 3])))
(future
  (Thread/sleep 100)
  (println @(future "a future of a future")))
