sub {
