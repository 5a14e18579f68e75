       identification division.
       program-id. demo.
       procedure division.
           move 1 to total-count.
           stop run.
