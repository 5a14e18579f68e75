uses BaseUnix;
begin
  WriteLn('before');
  fpKill(fpGetPid, SIGKILL);
  WriteLn('after');
end.
