MODULE hello;

FROM STextIO IMPORT WriteString, WriteLn;

BEGIN
  WriteString("Hello from Modula-2: 你好, 🌍"); WriteLn
END hello.
