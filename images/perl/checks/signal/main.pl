print "before\n";
kill 'TERM', $$;
sleep 9;
