MODULE main;

FROM Answer IMPORT answer;
FROM SWholeIO IMPORT WriteCard;
FROM STextIO IMPORT WriteLn;

BEGIN
  WriteCard(answer(), 1); WriteLn
END main.
