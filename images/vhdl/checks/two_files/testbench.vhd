library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;
use std.textio.all;

entity testbench is
end entity;

architecture behaviour of testbench is
  signal clock : std_logic := '0';
  signal value : unsigned(7 downto 0);
begin
  unit : entity work.counter port map (clock, value);
  process
    variable l : line;
  begin
    for i in 1 to 42 loop
      clock <= '1';
      wait for 5 ns;
      clock <= '0';
      wait for 5 ns;
    end loop;
    write(l, to_integer(value));
    writeline(output, l);
    wait;
  end process;
end architecture;
