       identification division.
       program-id. hello.
       procedure division.
           display "Hello from COBOL: 你好, 🌍".
           stop run.
