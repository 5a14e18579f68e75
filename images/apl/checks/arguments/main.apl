arguments←(⎕ARG⍳⊂'--')↓⎕ARG
(⍕⍴arguments),' arguments:',∊{' [',⍵,']'}¨arguments
