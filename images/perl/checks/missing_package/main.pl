use Mojolicious::Lite;
print "well\n";
