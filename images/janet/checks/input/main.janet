(def lines (string/split "\n" (string/trim (file/read stdin :all))))
(print (length lines) " lines, the last is " (last lines))
