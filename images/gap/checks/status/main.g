Print("before\n");
QuitGap(3);
