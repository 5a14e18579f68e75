(def value 42)
