       identification division.
       program-id. demo.
       data division.
       working-storage section.
       01 name pic x(20).
       procedure division.
           accept name.
           display "hello " function trim(name).
           stop run.
