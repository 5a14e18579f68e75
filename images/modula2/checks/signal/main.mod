MODULE main;

FROM STextIO IMPORT WriteString, WriteLn;
FROM libc IMPORT abort;

BEGIN
  WriteString("before"); WriteLn;
  abort
END main.
