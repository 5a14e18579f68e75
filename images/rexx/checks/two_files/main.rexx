say answer(6)
