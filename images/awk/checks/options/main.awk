#!/usr/bin/awk -f
BEGIN { print "well" }
