⍎¨⎕FIO[49] 'answer.apl'
