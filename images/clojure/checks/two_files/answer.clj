(def answer 42)
