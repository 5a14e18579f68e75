"""The images that sandboxes are started from, made out of the folders of `images/`.

    debian:trixie-slim ─ gistrun/base (images/_base) ─ gistrun/<language> (images/<language>)

The labels of an image record what it was made from, so that an unchanged folder is not built again:

    gistrun.language    the folder's name
    gistrun.toolchain   what runs the programs, such as "Python 3.13.5"
    gistrun.source      digest of images/_base and images/<language>
    gistrun.debian      id of the debian:trixie-slim below
"""
