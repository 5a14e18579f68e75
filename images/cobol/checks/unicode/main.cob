identification division.
program-id. demo.
procedure division.
display "naïve 日本 🙂".
stop run.
