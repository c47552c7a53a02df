"""The response of the host, as bytes of HTTP/1.1 for the program."""

import http

# What is asked for at once.
READ_BYTES = 64 * 1024

_OF_CONNECTION = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}


class Response:
    """A response on its way in, to a request."""

    def __init__(self, exchange, head):
        self._exchange = exchange
        self._head = head
        self._left = 0
        self._step = self._begin
        self.closes = head.closes
        self.is_done = False

    def more(self):
        """The next bytes of it; none where they are not there yet."""
        return self._step()

    def _begin(self):
        got = self._exchange.response()
        if got is None:
            return b""
        status, headers = got
        lines = [f"HTTP/1.1 {status} {_phrase(status)}".encode()]
        lines += [
            name.encode("latin-1") + b": " + value
            for name, value in headers
            if name.lower() not in _OF_CONNECTION
        ]
        framing = self._frame(status, headers)
        if framing:
            lines.append(framing)
        if self.closes:
            lines.append(b"connection: close")
        return b"\r\n".join([*lines, b"", b""])

    def _frame(self, status, headers):
        """Says how its body is told from what follows; a header for that, where none is there."""
        lengths = [value for name, value in headers if name.lower() == "content-length"]
        if self._head.method == "HEAD" or status in (204, 304) or status < 200:
            self.is_done = True
        elif lengths:
            self._left = int(lengths[0])
            self.is_done = self._left == 0
            self._step = self._piece
        elif self._head.is_old:
            self.closes = True
            self._step = self._to_the_end
        else:
            self._step = self._chunk
            return b"transfer-encoding: chunked"
        return None

    def _piece(self):
        piece = self._exchange.read(min(self._left, READ_BYTES))
        if piece is None:
            # Less than was promised, which the program notices where the connection ends.
            self.closes = self.is_done = True
            return b""
        self._left -= len(piece)
        if self._left == 0:
            # The host keeps the connection of a response that was read to its end.
            self._exchange.read(1)
            self.is_done = True
        return piece

    def _to_the_end(self):
        piece = self._exchange.read(READ_BYTES)
        self.is_done = piece is None
        return piece or b""

    def _chunk(self):
        piece = self._exchange.read(READ_BYTES)
        if piece is None:
            self._step = self._trailers
            return self._trailers()
        return b"%x\r\n%s\r\n" % (len(piece), piece) if piece else b""

    def _trailers(self):
        trailers = self._exchange.trailers()
        if trailers is None:
            return b""
        self.is_done = True
        lines = [b"0", *(name.encode("latin-1") + b": " + value for name, value in trailers)]
        return b"\r\n".join([*lines, b"", b""])


def _phrase(status):
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ""
