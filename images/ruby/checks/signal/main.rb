puts 'before'
trap('TERM', 'SYSTEM_DEFAULT')
Process.kill(:TERM, $$)
sleep
