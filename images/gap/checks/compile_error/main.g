Print("before\n");
x := := 3;
Print("after\n");
