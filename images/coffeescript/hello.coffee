console.log "Hello from CoffeeScript: 你好, 🌍"
