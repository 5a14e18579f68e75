       identification division.
       program-id. answer.
       procedure division.
           display "42".
           goback.
