use std.env.all;
use std.textio.all;

entity main is
end entity;

architecture behaviour of main is
begin
  process
    variable l : line;
  begin
    write(l, string'("before"));
    writeline(output, l);
    stop(3);
    wait;
  end process;
end architecture;
