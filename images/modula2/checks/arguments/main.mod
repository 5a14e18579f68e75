MODULE main;

FROM Args IMPORT GetArg, Narg;
FROM STextIO IMPORT WriteString, WriteLn;
FROM SWholeIO IMPORT WriteCard;

VAR
  word: ARRAY [0..80] OF CHAR;
  i: CARDINAL;
BEGIN
  WriteCard(Narg() - 1, 1);
  WriteString(" arguments:");
  FOR i := 1 TO Narg() - 1 DO
    IF GetArg(word, i) THEN
      WriteString(" ["); WriteString(word); WriteString("]")
    END
  END;
  WriteLn
END main.
