begin
  WriteLn('naïve 日本 🙂');
end.
