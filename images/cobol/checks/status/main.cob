       identification division.
       program-id. demo.
       procedure division.
           display "before".
           move 3 to return-code.
           stop run.
