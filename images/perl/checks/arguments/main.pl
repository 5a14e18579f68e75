print scalar(@ARGV), " arguments: ", join(' ', map { "[$_]" } @ARGV), "\n";
