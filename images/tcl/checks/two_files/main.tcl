source answer.tcl
puts $answer
