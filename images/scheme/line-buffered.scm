;; Guile holds back output to a pipe; a visitor waits for each line.
(setvbuf (current-output-port) 'line)
