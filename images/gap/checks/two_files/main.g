Read("answer.g");
Print(Answer(), "\n");
