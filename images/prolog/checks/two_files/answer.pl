answer(42).
