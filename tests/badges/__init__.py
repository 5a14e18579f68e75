"""Our badges beside those of badge-maker, which is the library of shields.io."""
