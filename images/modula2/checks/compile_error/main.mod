MODULE main;
BEGIN
  nothing(1)
END main.
