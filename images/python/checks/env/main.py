#!/usr/bin/env -S -u USER FOO="a b" BAR=${HOME}/x\_python3 -X dev
import os
import sys

print(os.environ["FOO"], os.environ["BAR"], "USER" in os.environ, sys.flags.dev_mode, sys.argv[1:])
