var
  line, last: string;
  count: integer;
begin
  count := 0;
  while not Eof do
  begin
    ReadLn(line);
    Inc(count);
    last := line;
  end;
  WriteLn(count, ' lines, the last is ', last);
end.
