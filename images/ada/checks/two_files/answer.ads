package Answer is
   Value : constant String := "42";
end Answer;
