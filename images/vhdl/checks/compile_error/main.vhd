entity main is
end entity;

architecture behaviour of main is
  signal s : integer := "no";
begin
end architecture;
