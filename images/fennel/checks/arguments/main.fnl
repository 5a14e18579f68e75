(local shown (icollect [_ word (ipairs arg)] (.. "[" word "]")))
(print (.. (length arg) " arguments: " (table.concat shown " ")))
