(defvar *answer* 42)
