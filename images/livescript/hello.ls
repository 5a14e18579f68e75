console.log "Hello from LiveScript: 你好, 🌍"
