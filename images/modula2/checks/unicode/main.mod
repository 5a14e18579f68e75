MODULE main;

FROM STextIO IMPORT WriteString, WriteLn;

BEGIN
  WriteString("naïve 日本 🙂"); WriteLn
END main.
