MODULE main;

FROM StrIO IMPORT ReadString, WriteString, WriteLn;
FROM NumberIO IMPORT WriteCard;
FROM FIO IMPORT StdIn, EOF, ReadChar;

VAR
  line, last: ARRAY [0..80] OF CHAR;
  count, length: CARDINAL;
  letter: CHAR;

BEGIN
  count := 0;
  length := 0;
  LOOP
    letter := ReadChar(StdIn);
    IF EOF(StdIn) THEN EXIT END;
    IF letter = CHR(10) THEN
      line[length] := CHR(0);
      last := line;
      INC(count);
      length := 0
    ELSE
      line[length] := letter;
      INC(length)
    END
  END;
  WriteCard(count, 0);
  WriteString(" lines, the last is ");
  WriteString(last); WriteLn
END main.
