#!/usr/bin/perl -lT
print "a";
print ${^TAINT};
