.answer
