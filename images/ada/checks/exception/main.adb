with Ada.Command_Line;

procedure Main is
   subtype Small is Integer range 1 .. 3;
   Number : Small := 3;
begin
   Number := Number + 1 + Ada.Command_Line.Argument_Count;
end Main;
