with Ada.Text_IO;

procedure Main is
   Squares : constant array (1 .. 3) of Integer := [for I in 1 .. 3 => I * I];
   Total   : Integer := 0;
begin
   for Square of Squares loop
      Total := @ + Square;
   end loop;
   Ada.Text_IO.Put_Line (Total'Image);
end Main;
