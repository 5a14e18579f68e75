echo (count $args)' arguments:' (each {|each| put '['$each']' } $args)
