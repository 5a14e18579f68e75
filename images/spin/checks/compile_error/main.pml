init { x = }
