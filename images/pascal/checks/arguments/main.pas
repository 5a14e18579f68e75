var
  i: integer;
begin
  Write(ParamCount, ' arguments:');
  for i := 1 to ParamCount do
    Write(' [', ParamStr(i), ']');
  WriteLn;
end.
