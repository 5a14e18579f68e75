args = process.argv.slice 2
console.log "#{args.length} arguments: #{("[#{a}]" for a in args).join ' '}"
