input := InputTextUser();
lines := [];
line := ReadLine(input);
while line <> fail do
  Add(lines, Chomp(line));
  line := ReadLine(input);
od;
Print(Length(lines), " lines, the last is ", lines[Length(lines)], "\n");
