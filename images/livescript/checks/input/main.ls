require! fs
lines = fs.readFileSync 0 \utf8 .trim!.split '\n'
console.log "#{lines.length} lines, the last is #{lines[*-1]}"
