#!/bin/sed -nf
s/a/b/p
