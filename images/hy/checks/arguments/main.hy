(import sys)
(setv args (cut sys.argv 1 None))
(print f"{(len args)} arguments:" (.join " " (lfor a args f"[{a}]")))
