use std.textio.all;

entity hello is
end entity;

architecture behaviour of hello is
begin
  process
    variable l : line;
  begin
    write(l, string'("Hello from VHDL: 你好"));
    writeline(output, l);
    wait;
  end process;
end architecture;
