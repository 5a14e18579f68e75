use strict;
use warnings;

print "Hello from Perl: 你好, 🌍\n";
