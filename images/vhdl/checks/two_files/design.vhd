library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;

entity counter is
  port (clock : in std_logic; value : out unsigned(7 downto 0));
end entity;

architecture behaviour of counter is
  signal n : unsigned(7 downto 0) := (others => '0');
begin
  value <= n;
  n <= n + 1 when rising_edge(clock);
end architecture;
