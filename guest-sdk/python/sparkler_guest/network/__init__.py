"""Sockets in a sandbox, which has none: what is written to one as HTTP goes out through `wasi:http`.

The modules of the standard library that are written in C, and all that rests on them, are met here: `_socket`,
`select` and `_ssl`. So `socket`, `ssl`, `selectors` and `asyncio` are Python's own, and so is every library above.
"""

import sys

from . import sockets, tls, waiting


def take_charge():
    """Puts the modules in place, before `socket` is imported for the first time."""
    sys.modules["_socket"] = sockets.module()
    sys.modules["select"] = waiting.module()
    sys.modules["_ssl"] = tls.module()
