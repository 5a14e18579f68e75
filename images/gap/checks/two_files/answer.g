Answer := function()
  return 6 * 7;
end;
