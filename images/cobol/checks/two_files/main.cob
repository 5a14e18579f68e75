       identification division.
       program-id. demo.
       procedure division.
           call "answer".
           stop run.
