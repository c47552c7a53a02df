"""One connection: bytes of requests go in, bytes of responses come out."""

import errno
from collections import namedtuple

from . import names, request, tls_marks
from .exchange import Exchange
from .response import Response

# What is kept of what was written while it cannot be sent yet.
WINDOW_BYTES = 64 * 1024


class Origin(namedtuple("Origin", "is_secure host port")):
    """A server: where requests of a connection go."""

    @property
    def authority(self):
        """Its name, and its port where that is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.is_secure else 80
        return host if self.port == usual else f"{host}:{self.port}"

    def __str__(self):
        return f"{'https' if self.is_secure else 'http'}://{self.authority}"


class Channel:
    """A connection to one server."""

    def __init__(self, host, port, connect_timeout):
        self.host = host
        self._port = port
        self._is_secure = False
        self._connect_timeout = connect_timeout
        self._written = bytearray()
        self._received = bytearray()
        self._exchange = self._body = self._response = None
        self._is_at_end = False
        self._failure = None

    def start_tls(self, hostname):
        """Has requests be encrypted, which the host does."""
        if hostname is not None and _host_name(hostname) != _host_name(self.host):
            raise OSError(
                errno.EPROTONOSUPPORT,
                f"TLS is to be made with {hostname} on a connection to {self.host}: the host makes it, "
                "with the server that is connected to",
            )
        self._is_secure = True

    def write(self, data):
        """Takes bytes as far as there is room; says how many."""
        if self.can_write():
            self._raise_failure()
        if self._is_at_end:
            raise BrokenPipeError(errno.EPIPE, f"{self._origin} has closed the connection")
        taken = bytes(data[: WINDOW_BYTES - len(self._written)])
        self._written += taken
        self._advance()
        # A failure is told to the one who reads, where part of it has been sent.
        if self._exchange is None:
            self._raise_failure()
        return len(taken)

    def read(self, limit, is_kept=False):
        """Bytes that were received; `None` where none are there yet, none at the end."""
        if not self.can_read():
            return None
        if not self._received:
            self._raise_failure()
        piece = bytes(self._received[:limit])
        if not is_kept:
            del self._received[: len(piece)]
        return piece

    def can_write(self):
        """Whether there is room, or a failure to be told."""
        self._advance()
        return bool(self._failure) or self._is_at_end or len(self._written) < WINDOW_BYTES

    def can_read(self):
        """Whether there are bytes, the end, or a failure to be told."""
        self._advance()
        while not (self._received or self._failure or self._is_at_end) and self._response:
            if not self._guarded(self._receive):
                break
        return bool(self._received or self._failure or self._is_at_end)

    def pollables(self, want_read, want_write):
        """What becomes ready when one of them may be true."""
        if self._exchange is None:
            return []
        # What is still to be sent goes out while the program waits for something else.
        is_sending = bool(self._written) and not self._body.is_done
        return self._exchange.pollables(want_read, want_write or is_sending)

    def end_writing(self):
        """The program writes no more."""

    def close(self):
        """Ends it."""
        self._end_exchange()
        self._written.clear()
        self._received.clear()
        self._is_at_end = True

    @property
    def _origin(self):
        return Origin(self._is_secure, self.host, self._port)

    def _raise_failure(self):
        failure, self._failure = self._failure, None
        if failure:
            raise failure

    def _guarded(self, action):
        """What the action gives; a failure is kept for the next call of the program."""
        try:
            return action()
        except request.Malformed as reason:
            self._fail(
                OSError(
                    errno.EPROTONOSUPPORT,
                    f"{self.host}:{self._port}: a sandbox has no sockets. What is written to one is sent "
                    f"if it is HTTP/1.1, and this is not: {reason}",
                )
            )
        except OSError as error:
            self._fail(error)
        return False

    def _fail(self, error):
        self._end_exchange()
        self._written.clear()
        self._failure = error
        self._is_at_end = True

    def _end_exchange(self):
        exchange, self._exchange = self._exchange, None
        self._body = self._response = None
        if exchange:
            exchange.close()

    def _advance(self):
        while self._written and not self._is_at_end and self._guarded(self._send):
            pass

    def _send(self):
        """Sends something of what was written; says whether it did."""
        if self._exchange is None:
            return self._begin()
        if self._body.is_done:
            # Of the next request, which waits for the response to this one.
            return False
        room = self._exchange.room()
        if room is None:
            return self._give_up_body()
        piece = self._body.take(self._written, room) if room else b""
        if piece and not self._exchange.write(piece):
            return self._give_up_body()
        if self._body.is_done:
            self._exchange.finish(self._body.trailers)
        return bool(piece) or self._body.is_done

    def _give_up_body(self):
        """The server has answered, or cannot be reached: what is left of the body is for nobody."""
        self._response.closes = True
        self._written.clear()
        return False

    def _begin(self):
        if self._written[:1] == tls_marks.BEGIN:
            return self._begin_tls()
        head = request.head(self._written)
        if head is None:
            return False
        self._check(head)
        self._body = head.body()
        has_body = not self._body.is_done
        if has_body and "100-continue" in head.tokens("expect"):
            self._received += b"HTTP/1.1 100 Continue\r\n\r\n"
        self._exchange = Exchange(head, has_body, self._origin, self._connect_timeout)
        self._response = Response(self._exchange, head)
        return True

    def _begin_tls(self):
        hostname = tls_marks.take_hello(self._written)
        if hostname is None:
            return False
        if hostname is tls_marks.FOREIGN:
            raise request.Malformed("it is TLS of the program's own, and TLS is the host's: use `ssl`")
        self.start_tls(hostname or None)
        self._received += tls_marks.READY
        return True

    def _check(self, head):
        """What the host would send otherwise than it was written is refused."""
        if head.method == "CONNECT":
            raise OSError(errno.EPROTONOSUPPORT, "a tunnel through a proxy is not possible: send without")
        if "websocket" in head.tokens("upgrade"):
            raise OSError(errno.EPROTONOSUPPORT, "WebSockets are not possible: what is sent is HTTP")
        if not head.target.startswith("/") and head.target != "*":
            raise OSError(
                errno.EPROTONOSUPPORT,
                f"a proxy at {self.host}:{self._port} is asked for {head.target}: proxies are not used; "
                "remove HTTP_PROXY and the like",
            )
        if head.host is not None and _authority(head.host, self._is_secure) != _authority(
            self._origin.authority, self._is_secure
        ):
            raise OSError(
                errno.EPROTONOSUPPORT,
                f"the header Host is {head.host!r}, and the connection goes to {self._origin}: the host "
                "names the server that is connected to; connect to the one that is meant",
            )

    def _receive(self):
        """Takes in what has come; says whether it was anything."""
        piece = self._response.more()
        self._received += piece
        if self._response.is_done:
            self._is_at_end = self._response.closes or not self._body.is_done
            self._end_exchange()
            self._advance()
            return True
        return bool(piece)


def _host_name(host):
    host = host.decode("ascii") if isinstance(host, bytes) else host
    return names.name_of(host.strip("[]").lower().rstrip("."))


def _authority(text, is_secure):
    """A server's name and port, written in one way."""
    host, colon, port = text.rpartition(":")
    if not colon or port.endswith("]") or not (port.isdigit() or port == ""):
        host, port = text, ""
    return _host_name(host), int(port or (443 if is_secure else 80))
