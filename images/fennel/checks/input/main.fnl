(var (count last) (values 0 nil))
(each [line (io.lines)]
  (set count (+ count 1))
  (set last line))
(print (.. count " lines, the last is " last))
