define(`ANSWER', 42)dnl
