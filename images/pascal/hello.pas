program Hello;
begin
  WriteLn('Hello from Pascal: 你好, 🌍');
end.
