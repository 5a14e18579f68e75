# Runs when the interpreter starts, where matplotlib is installed: a plot needs no display, whatever the program asks
# for, and the fonts that were found when the packages were installed need not be looked for again.
def _plots():
    import os
    import sys
    from importlib.machinery import PathFinder

    os.environ.setdefault("MPLBACKEND", "Agg")
    cache = os.path.join(os.environ.get("HOME", ""), ".cache", "matplotlib")
    try:
        os.makedirs(cache)
        for name in os.listdir("/packages/.matplotlib"):
            if name.endswith(".json"):
                os.symlink("/packages/.matplotlib/" + name, os.path.join(cache, name))
    except OSError:  # there already, or nothing can be written here: matplotlib looks for itself
        pass

    # matplotlib's own names of what draws in a window.
    windows = ("gtk", "macosx", "qt", "tk", "wx")

    def without_windows(registry):
        load, told = registry.load_backend_module, set()

        def load_backend_module(backend):
            if not str(backend).lower().startswith(windows):
                return load(backend)
            if backend not in told:
                told.add(backend)
                print(f"There is no display here: matplotlib draws with Agg instead of {backend}.", file=sys.stderr)
            return load("agg")

        registry.load_backend_module = load_backend_module

    class Finder:
        """Finds that one module as ever, and changes it when it is there."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            if name != "matplotlib.backends.registry":
                return None
            spec = PathFinder.find_spec(name, path, target)
            if spec and spec.loader:
                execute = spec.loader.exec_module

                def exec_module(module):
                    execute(module)
                    if hasattr(module, "backend_registry"):
                        without_windows(module.backend_registry)

                spec.loader.exec_module = exec_module
            return spec

    sys.meta_path.insert(0, Finder)


_plots()
del _plots
