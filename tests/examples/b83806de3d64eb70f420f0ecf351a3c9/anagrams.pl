# Words that hide in each other: same letters, sorted, same key.
use strict;
use warnings;

my %family;
for my $word (map { split } <DATA>) {
    push @{ $family{ join '', sort split //, lc $word } }, $word;
}

for my $key (sort { @{ $family{$b} } <=> @{ $family{$a} } || $a cmp $b } keys %family) {
    my @words = @{ $family{$key} };
    next if @words < 2;
    printf "%-8s %s  %s\n", $key, '●' x @words . '○' x (5 - @words), join ' ↔ ', @words;
}

__DATA__
listen silent enlist tinsel inlets
stare tears rates aster
night thing
dusty study
elbow below
pearl
