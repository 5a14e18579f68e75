lines = require('fs').readFileSync(0, 'utf8').trim().split '\n'
console.log "#{lines.length} lines, the last is #{lines[lines.length - 1]}"
