println "Hello from Groovy: 你好, 🌍"
