ñ = 1
println("naïve ", Char(0x65e5), Char(0x672c), " 🙂"[1:nextind(" 🙂", ñ)])
