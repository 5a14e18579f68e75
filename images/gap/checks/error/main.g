Print("before\n");
1/0;
Print("after\n");
