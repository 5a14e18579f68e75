my @lines = <STDIN>;
chomp @lines;
print scalar(@lines), " lines, the last is $lines[-1]\n";
