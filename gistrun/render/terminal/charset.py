"""The character sets that a program may choose: lines and corners, and the pound sign of Britain."""

from __future__ import annotations

#: The characters of a US keyboard as lines and corners (DEC special graphics), and as in Britain.
GRAPHICS = str.maketrans("`abcdefghijklmnopqrstuvwxyz{|}~", "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·")
BRITISH = str.maketrans("#", "£")
CHARSETS = {"0": GRAPHICS, "A": BRITISH}
#: All that xterm knows; those of nations are taken as the usual one.
KNOWN = "0AB4C5RQKYE6ZH7="
#: The slot that an escape sequence with this final character takes into use.
LOCKS = {"n": 2, "o": 3, "|": 3, "}": 2, "~": 1}
#: The slot that an escape sequence with this character puts a set into.
SLOTS = {"(": 0, ")": 1, "*": 2, "+": 3, "-": 1, ".": 2}
