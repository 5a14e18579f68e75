console.log "naïve \u65e5\u672c 🙂"
