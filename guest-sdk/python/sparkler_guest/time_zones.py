"""The time zones of the world, as `zoneinfo` asks for them: a sandbox has no files of them."""

import io
import os
import zlib
import zoneinfo
from zoneinfo import _common

_load = _common.load_tzdata
_kept = {}


def embed():
    """Keeps those of the package `tzdata`, at build time."""
    try:
        import tzdata
    except ImportError:
        return
    root = os.path.join(os.path.dirname(tzdata.__file__), "zoneinfo")
    for folder, _, names in os.walk(root):
        for name in names:
            _keep(os.path.join(folder, name), root)
    _common.load_tzdata = _load_kept
    zoneinfo.available_timezones = lambda: set(_kept)


def _keep(path, root):
    with open(path, "rb") as file:
        content = file.read()
    if content.startswith(b"TZif"):
        _kept[os.path.relpath(path, root)] = zlib.compress(content, 6)


def _load_kept(key):
    compressed = _kept.get(key)
    return _load(key) if compressed is None else io.BytesIO(zlib.decompress(compressed))
