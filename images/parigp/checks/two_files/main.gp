read("answer.gp");
print(answer(6));
