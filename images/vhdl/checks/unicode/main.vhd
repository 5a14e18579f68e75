use std.textio.all;

entity main is
end entity;

architecture behaviour of main is
begin
  process
    variable l : line;
  begin
    readline(input, l);
    writeline(output, l);
    wait;
  end process;
end architecture;
