#!/usr/bin/gawk -E
BEGIN { print ARGV[1] }
