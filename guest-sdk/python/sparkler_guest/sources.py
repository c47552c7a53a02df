"""The function's source files: named as on Lambda, below `/var/task`, and kept for stack traces.

A sandbox has no files. Whatever a trace quotes has to be in the image that the build makes.
"""

import functools
import importlib
import importlib.machinery
import linecache
import os
import sys
import zlib

TASK_ROOT = "/var/task"


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles a file under the name that it has on Lambda."""

    def source_to_code(self, data, path, *, _optimize=-1):
        return super().source_to_code(data, task_path(path), _optimize=_optimize)

    def _cache_bytecode(self, source_path, cache_path, data):
        """Keeps nothing: the folder is the build's and is read once."""


_roots = []
_texts = {}


def take_charge():
    """Makes this the way in which the function's modules are imported; gives their folders."""
    _roots[:] = _folders()
    # Lambda looks there first, before Python's own library.
    sys.path[:] = _roots + [path for path in sys.path if path not in _roots]
    suffixes = importlib.machinery.SOURCE_SUFFIXES
    in_folder = importlib.machinery.FileFinder.path_hook((_Loader, suffixes))
    sys.path_hooks.insert(0, functools.partial(_hook, in_folder))
    sys.path_importer_cache.clear()
    for path in files():
        with open(path, "rb") as file:
            keep_lines(task_path(path), zlib.compress(file.read()))
    return list(_roots)


def task_path(path):
    """How a file of the function is called on Lambda."""
    for root in _roots:
        if path.startswith(root + "/"):
            return TASK_ROOT + path[len(root) :]
    return path


def files():
    """All source files of the function and of what it depends on."""
    for root in _roots:
        for folder, _, names in os.walk(root):
            yield from (f"{folder}/{name}" for name in names if name.endswith(".py"))


def keep_lines(name, compressed):
    """Lets traces quote a file that is not there when they are made."""
    _texts[name] = compressed
    linecache.cache[name] = (functools.partial(text, name),)


def text(name):
    """The text of a file of the function, by its name on Lambda; `None` where it is none."""
    compressed = _texts.get(name)
    return zlib.decompress(compressed).decode("utf-8", "replace") if compressed is not None else None


def _folders():
    """The folders of the build beside the one that this package lies in."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return [path for path in sys.path if path[1:].isdigit() and path != own]


def _hook(in_folder, path):
    if not any(path == root or path.startswith(root + "/") for root in _roots):
        raise ImportError(f"{path} is not of the function")
    return in_folder(path)
