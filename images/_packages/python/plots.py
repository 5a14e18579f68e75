# Runs when the interpreter starts, where matplotlib is installed: a plot needs no display, and the fonts that were
# found when the packages were installed need not be looked for again.
def _plots():
    import os

    os.environ.setdefault("MPLBACKEND", "Agg")
    cache = os.path.join(os.environ.get("HOME", ""), ".cache", "matplotlib")
    try:
        os.makedirs(cache)
        for name in os.listdir("/packages/.matplotlib"):
            if name.endswith(".json"):
                os.symlink("/packages/.matplotlib/" + name, os.path.join(cache, name))
    except OSError:  # there already, or nothing can be written here: matplotlib looks for itself
        pass


_plots()
del _plots
