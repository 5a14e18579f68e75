#lang racket
(require 2htdp/image (prefix-in draw: racket/draw))
(image-width (beside (circle 20 "solid" "red") (text "wörds" 12 "black") (square 10 "solid" "blue")))
(image-height (above (circle 20 "solid" "red") (square 10 "solid" "blue")))
(send (make-object draw:bitmap% 10 10) save-file "square.png" (quote png))
(file-exists? "square.png")
