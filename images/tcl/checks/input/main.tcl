set lines [split [string trim [read stdin]] "\n"]
puts "[llength $lines] lines, the last is [lindex $lines end]"
