#!/usr/bin/env -S python3 -O
import sys

assert False
print(sys.flags.optimize, sys.argv[1:])
