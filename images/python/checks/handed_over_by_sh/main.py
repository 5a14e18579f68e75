#!/bin/sh
'''exec' "/home/x y/venv/bin/python3" -O "$0" "$@"
' '''
print("ok" if not __debug__ else "no")
