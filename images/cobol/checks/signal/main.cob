       identification division.
       program-id. demo.
       procedure division.
           display "before".
           call "abort".
           stop run.
