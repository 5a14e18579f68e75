import sys

lines = sys.stdin.read().splitlines()
print(f"{len(lines)} lines, the last is {lines[-1]}")
