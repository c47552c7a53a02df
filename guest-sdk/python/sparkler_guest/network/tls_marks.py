"""What is written between `ssl` and a connection where a library encrypts into memory, and then sends that.

Nothing is encrypted in a sandbox: the first bytes say that the connection is to be, by the host.
"""

# As records of a handshake begin in TLS.
BEGIN = b"\x16"

READY = b"\x16sparkler: ready\n"

FOREIGN = object()

_HELLO = b"\x16sparkler: tls "
_HELLO_BYTES_MAX = 512


def hello(hostname):
    """Asks for encryption."""
    return _HELLO + (hostname or "").encode() + b"\n"


def take_hello(written):
    """The name of the server in it, which may be none: `""`; `None` until all of it is there."""
    if not _HELLO.startswith(bytes(written[: len(_HELLO)])):
        return FOREIGN
    end = written.find(b"\n")
    if end < 0:
        return FOREIGN if len(written) > _HELLO_BYTES_MAX else None
    hostname = bytes(written[len(_HELLO) : end]).decode()
    del written[: end + 1]
    return hostname
