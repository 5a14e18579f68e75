       identification division.
       program-id. demo.
       data division.
       working-storage section.
       01 word pic x(20).
       01 many pic 9.
       procedure division.
           accept many from argument-number.
           display many " arguments:" with no advancing.
           perform many times
             accept word from argument-value
             display " [" function trim(word) "]" with no advancing
           end-perform.
           display "".
           stop run.
