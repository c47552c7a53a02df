"""The function's data files, where its sandbox has none: what was small enough is kept, and read from memory.

A folder of the host at the same place counts first.
"""

import builtins
import io
import os
import stat
import zlib

from . import sources

# All files of a package or a folder of the function together: data of a library can be larger than the library.
FOLDER_BYTES_MAX = 4 * 1024 * 1024

_open, _stat, _listdir = io.open, os.stat, os.listdir

_contents = {}
_folders = {}


def embed(roots):
    """Keeps the files, at build time; from then on they can be read."""
    for root in roots:
        for entry in os.scandir(root):
            _keep(entry)
    builtins.open = io.open = _open_kept
    os.stat, os.listdir = _stat_kept, _listdir_kept
    # Where Lambda starts a function, and relative paths begin.
    os.getcwd = lambda: sources.TASK_ROOT


def _keep(entry):
    files = [entry.path] if entry.is_file() else list(_below(entry.path))
    files = [path for path in files if not path.endswith((".py", ".pyc", ".so"))]
    if sum(os.path.getsize(path) for path in files) > FOLDER_BYTES_MAX:
        return
    for path in files:
        with _open(path, "rb") as file:
            _contents[sources.task_path(path)] = zlib.compress(file.read(), 6)
        _remember(sources.task_path(path))


def _below(folder):
    for place, _, names in os.walk(folder):
        yield from (f"{place}/{name}" for name in names)


def _remember(path):
    """Has all folders above it be there."""
    while path != sources.TASK_ROOT:
        path, _, name = path.rpartition("/")
        _folders.setdefault(path, set()).add(name)


def _kept_path(path):
    """How a path is called among what is kept; `None` for what is no path."""
    try:
        text = os.fsdecode(path)
    except TypeError:
        return None
    if not text.startswith("/"):
        text = f"{sources.TASK_ROOT}/{text}"
    # With the slash also the folder of all has the name that it has on Lambda.
    return sources.task_path(os.path.normpath(text) + "/").removesuffix("/")


def _open_kept(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None):
    try:
        return _open(file, mode, buffering, encoding, errors, newline, closefd, opener)
    except FileNotFoundError:
        compressed = _contents.get(_kept_path(file))
        if compressed is None or set(mode) - set("rtb"):
            raise
    binary = io.BytesIO(zlib.decompress(compressed))
    if "b" in mode:
        return binary
    return io.TextIOWrapper(binary, io.text_encoding(encoding), errors, newline)


def _stat_kept(path, **options):
    try:
        return _stat(path, **options)
    except FileNotFoundError:
        name = _kept_path(path)
        if name in _contents:
            size = len(zlib.decompress(_contents[name]))
            return os.stat_result((stat.S_IFREG | 0o444, 0, 0, 1, 0, 0, size, 0, 0, 0))
        if name in _folders:
            return os.stat_result((stat.S_IFDIR | 0o555, 0, 0, 1, 0, 0, 0, 0, 0, 0))
        raise


def _listdir_kept(path="."):
    try:
        return _listdir(path)
    except FileNotFoundError:
        names = _folders.get(_kept_path(path))
        if names is None:
            raise
        return sorted(names)
