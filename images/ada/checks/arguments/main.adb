with Ada.Command_Line; use Ada.Command_Line;
with Ada.Text_IO; use Ada.Text_IO;

procedure Main is
begin
   Put (Natural'Image (Argument_Count) (2 .. 2) & " arguments:");
   for I in 1 .. Argument_Count loop
      Put (" [" & Argument (I) & "]");
   end loop;
   New_Line;
end Main;
