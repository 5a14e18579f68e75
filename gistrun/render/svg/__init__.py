"""What a program wrote last, as a picture of a terminal: an SVG document with real text, for READMEs.

replay    a moving picture: the output in its own time
picture   a still picture, within its size
document  the frame and its style sheet
bar       how the run ended, above the terminal
line      a row of cells as SVG
session   the terminals of a run's phases, one below the other
looks     colours and styles, each as a class
text      foreign text in an XML document
"""
