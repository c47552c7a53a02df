"""What a program writes to a connection, read as requests of HTTP/1.1."""

import re

# What the host takes of the headers of a request.
HEAD_BYTES_MAX = 64 * 1024

# The size of a chunk and its extensions.
CHUNK_LINE_BYTES_MAX = 4096

_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_FIRST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.([01])\Z")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")

# No method that is in use is longer.
_METHOD_BYTES_MAX = 32


class Malformed(Exception):
    """What was written is no request of HTTP/1.1."""


class Head:
    """The first line of a request, and its headers."""

    def __init__(self, method, target, is_old, headers):
        self.method = method
        self.target = target
        self.is_old = is_old
        self.headers = headers

    def values(self, name):
        """The values of a header."""
        return [value for own, value in self.headers if own.lower() == name]

    def tokens(self, name):
        """The words of a header that is a list, in lower case."""
        joined = b",".join(self.values(name)).decode("latin-1").lower()
        return {word.strip() for word in joined.split(",")} - {""}

    @property
    def host(self):
        """The server that it names."""
        values = self.values("host")
        return values[0].decode("latin-1") if values else None

    @property
    def closes(self):
        """Whether no other request is to follow it."""
        words = self.tokens("connection")
        return "close" in words or (self.is_old and "keep-alive" not in words)

    def body(self):
        """What reads its body."""
        if "chunked" in self.tokens("transfer-encoding"):
            return Chunked()
        lengths = {value.strip() for value in self.values("content-length")}
        if not lengths:
            return Sized(0)
        length = lengths.pop()
        if lengths or not length.isdigit():
            raise Malformed("its header content-length is not one number")
        return Sized(int(length))


def head(written):
    """Takes a head out of what was written; `None` until all of it is there."""
    _check_beginning(written)
    end = written.find(b"\r\n\r\n")
    if end < 0 or end > HEAD_BYTES_MAX:
        if len(written) > HEAD_BYTES_MAX:
            raise Malformed(f"its head has more than {HEAD_BYTES_MAX} bytes")
        return None
    first, *lines = bytes(written[:end]).split(b"\r\n")
    del written[: end + 4]
    return _head(first, lines)


def _check_beginning(written):
    method, blank, _ = bytes(written[: _METHOD_BYTES_MAX + 1]).partition(b" ")
    is_begun = len(method) <= _METHOD_BYTES_MAX and _METHOD.match(method)
    if written and not is_begun:
        raise Malformed("it does not begin as a request")
    if written[:14] == b"PRI * HTTP/2.0":
        raise Malformed("it is HTTP/2")


def _head(first, lines):
    match = _FIRST_LINE.match(first)
    if not match:
        raise Malformed(f"it begins with {first[:80]!r}")
    method, target, minor = match.groups()
    headers = [_header(line) for line in lines]
    return Head(method.decode(), target.decode("latin-1"), minor == b"0", headers)


def _header(line):
    name, colon, value = line.partition(b":")
    if not colon or not _NAME.match(name):
        raise Malformed(f"{line[:80]!r} is no header")
    return name.decode(), value.strip(b" \t")


class Sized:
    """A body of so many bytes."""

    trailers = ()

    def __init__(self, length):
        self._left = length

    @property
    def is_done(self):
        """Whether all of it was read."""
        return self._left == 0

    def take(self, written, limit):
        """Takes bytes of the body out of what was written."""
        piece = bytes(written[: min(self._left, limit)])
        del written[: len(piece)]
        self._left -= len(piece)
        return piece


class Chunked:
    """A body in chunks, and trailers behind it."""

    def __init__(self):
        self._left = 0
        self._step = self._read_size
        self.is_done = False
        self.trailers = []

    def take(self, written, limit):
        """Takes bytes of the body out of what was written."""
        piece = bytearray()
        while len(piece) < limit and not self.is_done:
            if not self._step(written, piece, limit - len(piece)):
                break
        return bytes(piece)

    def _read_size(self, written, _piece, _limit):
        line = self._line(written)
        if line is None:
            return False
        size = line.split(b";")[0].strip()
        try:
            self._left = int(size, 16)
        except ValueError:
            raise Malformed(f"{size[:40]!r} is not the size of a chunk") from None
        self._step = self._read_data if self._left else self._read_trailer
        return True

    def _read_data(self, written, piece, limit):
        part = written[: min(self._left, limit)]
        del written[: len(part)]
        piece += part
        self._left -= len(part)
        if not self._left:
            self._step = self._read_end
        return bool(part)

    def _read_end(self, written, _piece, _limit):
        line = self._line(written)
        if line:
            raise Malformed("a chunk is longer than its size")
        if line is None:
            return False
        self._step = self._read_size
        return True

    def _read_trailer(self, written, _piece, _limit):
        line = self._line(written)
        if line is None:
            return False
        if line:
            self.trailers.append(_header(line))
        else:
            self.is_done = True
        return True

    @staticmethod
    def _line(written):
        end = written.find(b"\r\n")
        if end < 0:
            if len(written) > CHUNK_LINE_BYTES_MAX:
                raise Malformed("a line between its chunks is too long")
            return None
        line = bytes(written[:end])
        del written[: end + 2]
        return line
