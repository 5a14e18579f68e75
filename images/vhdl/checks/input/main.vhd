use std.textio.all;

entity main is
end entity;

architecture behaviour of main is
begin
  process
    variable l : line;
    variable n, sum : integer := 0;
  begin
    while not endfile(input) loop
      readline(input, l);
      read(l, n);
      sum := sum + n;
    end loop;
    write(l, sum);
    writeline(output, l);
    wait;
  end process;
end architecture;
