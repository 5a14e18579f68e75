uses answer;
begin
  WriteLn(value);
end.
