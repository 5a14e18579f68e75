use lib '.';
use Answer;
print $Answer::VALUE, "\n";
