"""The card of a gist for link previews: 1200 by 630 pixels with its code, its output, and how it ended.

sheet   what stands on the card, and where: pure
paint   draws a sheet, as a process of its own
"""
