(println "Hello from Clojure: 你好, 🌍")
