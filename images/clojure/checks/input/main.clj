(let [lines (line-seq (java.io.BufferedReader. *in*))]
  (println (str (count lines) " lines, the last is " (last lines))))
