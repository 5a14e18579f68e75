(print (.. "naïve " (utf8.char 0x65e5 0x672c) " 🙂"))
