import sys

print(f"{len(sys.argv) - 1} arguments:", *(f"[{a}]" for a in sys.argv[1:]))
