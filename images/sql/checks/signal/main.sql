SELECT 'before' AS text;
.shell kill -KILL $PPID
SELECT 'after' AS text;
