"""Imports that happen while the function runs, such as those inside of functions.

What was imported at build time is in the image already. A sandbox has no files to import the rest from,
so all modules of the standard library and of the function are compiled at build time and kept
compressed: they cost room in the image, which is not touched until one of them is needed.
"""

import importlib.machinery
import linecache
import marshal
import os
import sys
import types
import zlib

from . import sources

# Parts of the standard library that are for people at a terminal, for building Python itself, or for
# machines with processes, files and sockets.
LEFT_OUT = {
    "__phello__", "_pyrepl", "antigravity", "bdb", "cProfile", "config-3.14-wasm32-wasi", "ctypes",
    "curses", "doctest", "ensurepip", "idlelib", "lib2to3", "pdb", "profile", "pstats", "pty", "pydoc",
    "pydoc_data", "site-packages", "test", "this", "tkinter", "trace", "tty", "turtle", "turtledemo", "venv",
    "webbrowser", "zipapp",
}  # fmt: skip

_modules = {}


class _Finder:
    """Finds modules in the image."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        kept = _modules.get(name)
        if kept is None:
            return None
        origin, is_package, _ = kept
        spec = importlib.machinery.ModuleSpec(name, cls, origin=origin, is_package=is_package)
        spec.has_location = origin is not None
        return spec

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        _, _, compressed = _modules[module.__name__]
        if compressed is not None:
            exec(marshal.loads(zlib.decompress(compressed)), module.__dict__)

    @staticmethod
    def get_resource_reader(name):
        """For files beside a package."""
        from importlib import readers

        return readers.FileReader(types.SimpleNamespace(path=_modules[name][0]))

    @staticmethod
    def get_source(name):
        """The lines of the function's own modules are kept; of the library, nothing but its code is."""
        return sources.text(_modules[name][0])


def embed(roots):
    """Keeps every module that can be imported from here on. Called at the end of the build."""
    library = os.path.dirname(linecache.__file__)
    for root in [library, *reversed(roots)]:
        left_out = LEFT_OUT if root == library else set()
        _keep_folder(root, "", left_out)
    # Before the finder of files: there are none, and asking costs calls of the host.
    place = next(
        index
        for index, finder in enumerate(sys.meta_path)
        if finder is importlib.machinery.PathFinder
    )
    sys.meta_path.insert(place, _Finder)


def _keep_folder(folder, package, left_out):
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        stem, suffix = os.path.splitext(entry.name)
        if stem in left_out:
            continue
        if entry.is_dir():
            # Folders of data have names that no module has, or nothing to import in them.
            if entry.name.isidentifier() and entry.name != "__pycache__":
                name = package + entry.name
                _modules.setdefault(name, (None, True, None))
                _keep_folder(entry.path, name + ".", left_out)
        elif suffix == ".py" and stem == "__init__" and package:
            _keep(package[:-1], entry.path, True)
        elif suffix == ".py" and stem.isidentifier():
            _keep(package + stem, entry.path, False)


def _keep(name, path, is_package):
    if name in sys.modules:
        return
    origin = sources.task_path(path)
    try:
        with open(path, "rb") as file:
            code = compile(file.read(), origin, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        # A template or an example that happens to lie there: importing it would fail in any place.
        return
    _modules[name] = (origin, is_package, zlib.compress(marshal.dumps(code), 6))
