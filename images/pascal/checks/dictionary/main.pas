program dictionary;
{$mode delphi}
uses Generics.Collections;
var m: TDictionary<string,integer>;
begin
  m := TDictionary<string,integer>.Create;
  m.Add('one', 1);
  WriteLn(m['one']);
  m.Free;
end.
