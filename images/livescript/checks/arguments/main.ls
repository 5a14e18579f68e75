words = process.argv.slice 3
console.log "#{words.length} arguments: #{words.map (-> "[#it]") .join ' '}"
