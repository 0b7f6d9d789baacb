"""The text on a picture of a screen in text mode: a boot failure as firmware and kernels show it.

It knows characters by the exact shape of their glyphs in the fonts that PC firmware, boot loaders and kernels draw
(console_fonts.txt names them), so what it reads is certain and what it doesn't know stays unknown. It refuses to
guess: anti-aliased text, graphical boot screens and desktops read as no text at all.

picture.py decodes, fonts.py has the shapes, spots.py finds places that may be text, grid.py how the characters
stand, cells.py reads them, words.py mends letters that alphabets share, program.py is the program. Values are
named tuples here: to import dataclasses takes as long as to read half a screen.
"""
