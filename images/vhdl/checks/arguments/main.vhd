use std.textio.all;

entity main is
  generic (width : integer := 4);
end entity;

architecture behaviour of main is
begin
  process
    variable l : line;
  begin
    write(l, width);
    writeline(output, l);
    wait;
  end process;
end architecture;
