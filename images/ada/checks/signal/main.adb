with Ada.Text_IO;

procedure Main is
   function Send (Signal : Integer) return Integer with Import, Convention => C, External_Name => "raise";
begin
   Ada.Text_IO.Put_Line ("before");
   Ada.Text_IO.Flush;
   if Send (9) = 0 then
      delay 5.0;
   end if;
end Main;
