"""`_socket`: what Python's own `socket` rests on, over connections that speak HTTP."""

import _socket as native
import errno
import os
import time
import types

from . import descriptors, names, waiting
from .channel import Channel
from .pair import pair

# Bits of a socket's type that are no part of it.
_TYPE_MASK = 0xFF

# What is the same everywhere else, and lacking in WASI's own.
_LACKING = {
    "AF_UNIX": 3, "AI_ADDRCONFIG": 0x20, "AI_ALL": 0x10, "AI_CANONNAME": 2, "AI_NUMERICHOST": 4,
    "AI_NUMERICSERV": 0x400, "AI_PASSIVE": 1, "AI_V4MAPPED": 8, "EAI_FAMILY": -6, "EAI_NONAME": -2,
    "EAI_SERVICE": -8, "INADDR_ANY": 0, "INADDR_LOOPBACK": 0x7F000001, "IPPROTO_IPV6": 41, "IPPROTO_TCP": 6,
    "IPPROTO_UDP": 17, "IPV6_V6ONLY": 26, "MSG_DONTWAIT": 0x40, "MSG_PEEK": 1, "NI_DGRAM": 16,
    "NI_NAMEREQD": 8, "NI_NUMERICHOST": 1, "NI_NUMERICSERV": 2, "SHUT_RD": 1, "SHUT_RDWR": 3, "SHUT_WR": 2,
    "SOMAXCONN": 128, "SO_BROADCAST": 6, "SO_ERROR": 4, "SO_KEEPALIVE": 9, "SO_LINGER": 13, "SO_RCVBUF": 8,
    "SO_REUSEADDR": 2, "SO_REUSEPORT": 15, "SO_SNDBUF": 7, "SO_TYPE": 3, "TCP_KEEPCNT": 6,
    "TCP_KEEPIDLE": 4, "TCP_KEEPINTVL": 5, "TCP_NODELAY": 1, "TCP_USER_TIMEOUT": 18,
}  # fmt: skip

_NO_SERVERS = "a sandbox takes no connections"


class socket:
    """A socket, as far as there can be one."""

    __slots__ = ("_family", "_type", "_proto", "_timeout", "_options", "_number", "_peer")

    def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
        self._family = native.AF_INET if family == -1 else int(family)
        self._type = native.SOCK_STREAM if type == -1 else int(type) & _TYPE_MASK
        self._proto = 0 if proto == -1 else int(proto)
        self._timeout = native.getdefaulttimeout()
        self._options = {}
        self._peer = None
        self._number = fileno
        if fileno is None:
            self._number = descriptors.add(descriptors.Unconnected())
        elif descriptors.channel(fileno) is None:
            raise OSError(errno.ENOTSOCK, f"the descriptor {fileno} is no socket")

    family = property(lambda self: self._family)
    type = property(lambda self: self._type)
    proto = property(lambda self: self._proto)
    timeout = property(lambda self: self._timeout)

    def __del__(self):
        if getattr(self, "_number", -1) != -1:
            socket.close(self)

    def fileno(self):
        return self._number

    def close(self):
        number, self._number = self._number, -1
        channel = descriptors.remove(number)
        if channel is not None:
            channel.close()

    def detach(self):
        number, self._number = self._number, -1
        return number

    def gettimeout(self):
        return self._timeout

    def settimeout(self, seconds):
        if seconds is not None and seconds < 0:
            raise ValueError("Timeout value out of range")
        self._timeout = None if seconds is None else float(seconds)

    def getblocking(self):
        return self._timeout != 0

    def setblocking(self, is_blocking):
        self._timeout = None if is_blocking else 0.0

    def setsockopt(self, level, option, value, length=None):
        self._options[level, option] = value

    def getsockopt(self, level, option, length=None):
        if level == made.SOL_SOCKET and option == made.SO_TYPE:
            return self._type
        value = self._options.get((level, option), 0)
        return value if length is None else bytes(length)

    def connect(self, address):
        if self._type != native.SOCK_STREAM:
            raise OSError(errno.EPROTONOSUPPORT, "a sandbox sends HTTP only, and no datagrams")
        if not isinstance(address, tuple):
            raise OSError(errno.EAFNOSUPPORT, f"a sandbox has no local sockets such as {address!r}")
        host, port = names.name_of(names.text(address[0])), address[1]
        if not 0 < port < 65536:
            raise OSError(errno.EADDRNOTAVAIL, f"{host} has no port {port}")
        old = self._channel()
        if not isinstance(old, descriptors.Unconnected):
            raise OSError(errno.EISCONN, "the socket is connected already")
        descriptors.replace(self._number, Channel(host.lower().rstrip("."), port, self._timeout or None))
        self._peer = (address[0], port, *address[2:])

    def connect_ex(self, address):
        try:
            socket.connect(self, address)
        except OSError as error:
            return error.errno
        return 0

    def getpeername(self):
        channel = self._channel()
        if isinstance(channel, Channel):
            # Of a socket that has taken over another's, there is no more than the name.
            return self._peer or (_address(channel.host), channel._port)
        if channel.host is None:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return ""

    def getsockname(self):
        return ("127.0.0.1", 0) if self._family == native.AF_INET else ("::1", 0, 0, 0)

    def bind(self, address):
        """For a client, which address it has makes no difference here; a server fails when it listens."""

    def listen(self, backlog=0):
        raise OSError(errno.EOPNOTSUPP, _NO_SERVERS)

    def _accept(self):
        raise OSError(errno.EOPNOTSUPP, _NO_SERVERS)

    def shutdown(self, how):
        channel = self._connected_channel()
        if how != made.SHUT_RD:
            channel.end_writing()

    def send(self, data, flags=0):
        channel = self._connected_channel()
        view = memoryview(data).cast("B")
        if not view:
            return 0
        self._wait_for(channel, flags, False)
        return channel.write(view)

    def sendall(self, data, flags=0):
        view = memoryview(data).cast("B")
        while view:
            view = view[socket.send(self, view, flags) :]

    def sendmsg(self, buffers, ancillary=(), flags=0, address=None):
        return socket.send(self, b"".join(buffers), flags)

    def sendto(self, data, *rest):
        if self._type != native.SOCK_STREAM:
            raise OSError(errno.EPROTONOSUPPORT, "a sandbox sends HTTP only, and no datagrams")
        return socket.send(self, data)

    def recv(self, size, flags=0):
        if size < 0:
            raise ValueError("negative buffersize in recv")
        channel = self._connected_channel()
        self._wait_for(channel, flags, True)
        return channel.read(size, bool(flags & made.MSG_PEEK))

    def recv_into(self, buffer, nbytes=0, flags=0):
        view = memoryview(buffer).cast("B")
        piece = socket.recv(self, nbytes or len(view), flags)
        view[: len(piece)] = piece
        return len(piece)

    def recvfrom(self, size, flags=0):
        return socket.recv(self, size, flags), None

    def recvfrom_into(self, buffer, nbytes=0, flags=0):
        return socket.recv_into(self, buffer, nbytes, flags), None

    def recvmsg(self, size, ancillary_size=0, flags=0):
        return socket.recv(self, size, flags), [], 0, None

    def _channel(self):
        channel = descriptors.channel(self._number)
        if channel is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return channel

    def _connected_channel(self):
        channel = self._channel()
        if channel.host is None:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return channel

    def _wait_for(self, channel, flags, is_read):
        """Waits until a call of the channel does something, for as long as the socket has patience."""
        is_ready = channel.can_read if is_read else channel.can_write
        if is_ready():
            return
        if self._timeout == 0 or flags & made.MSG_DONTWAIT:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        while not is_ready():
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError("timed out")
            pollables = channel.pollables(is_read, not is_read)
            if not pollables:
                raise OSError(
                    errno.EPROTONOSUPPORT,
                    f"{channel.host}: nothing was asked that could be answered. A sandbox has no sockets; what "
                    "is written to one is sent if it is HTTP/1.1, where the client speaks first",
                )
            waiting.block(pollables, left)


def socketpair(family=None, type=None, proto=0):
    """Two sockets that are connected with each other."""
    family = made.AF_UNIX if family is None else family
    return tuple(socket(family, native.SOCK_STREAM, proto, descriptors.add(end)) for end in pair())


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    """The address of a server; of a name, one that is made up."""
    number = names.port_of(port)
    if number is None:
        raise native.gaierror(made.EAI_SERVICE, f"the service {port!r} is not known")
    if host is None:
        host = "0.0.0.0" if flags & made.AI_PASSIVE else "127.0.0.1"
    host = names.text(host)
    if not names.is_address(host):
        if flags & made.AI_NUMERICHOST or not host or family == native.AF_INET6:
            raise native.gaierror(made.EAI_NONAME, f"{host!r} has no such address")
        canonical, host = host, names.address_of(host)
    else:
        canonical = host
    own = native.AF_INET6 if ":" in host else native.AF_INET
    if family not in (0, own):
        raise native.gaierror(made.EAI_FAMILY, f"{host} is an address of another family")
    kind = native.SOCK_STREAM if not int(type) & _TYPE_MASK else int(type) & _TYPE_MASK
    protocol = proto or (made.IPPROTO_TCP if kind == native.SOCK_STREAM else made.IPPROTO_UDP)
    address = (host, number, 0, 0) if own == native.AF_INET6 else (host, number)
    return [(own, kind, protocol, canonical if flags & made.AI_CANONNAME else "", address)]


def gethostbyname(host):
    """The address of a server."""
    return getaddrinfo(host or "0.0.0.0", None, native.AF_INET)[0][4][0]


def gethostbyname_ex(host):
    """The same, with the name itself."""
    return host, [], [gethostbyname(host)]


def gethostbyaddr(host):
    """The name of a server, where it was looked up here."""
    name = names.name_of(names.text(host))
    return name, [], [_address(name)]


def getnameinfo(address, flags):
    """The name of a server and of its port."""
    host, port = address[:2]
    name = host if flags & made.NI_NUMERICHOST else names.name_of(host)
    return name, str(port)


def gethostname():
    """The name of the sandbox."""
    return "localhost"


def getservbyname(name, protocol=None):
    """The port of a service."""
    number = names.port_of(name)
    if number is None:
        raise OSError("service/proto not found")
    return number


def close(number):
    """Closes a socket by its number."""
    channel = descriptors.remove(number)
    if channel is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    channel.close()


def dup(_number):
    """A socket belongs to one object."""
    raise OSError(errno.EOPNOTSUPP, "sockets of a sandbox cannot be duplicated")


def module():
    """`_socket`, with these in the place of the system's."""
    return made


def _address(host):
    return host if names.is_address(host) else names.address_of(host)


def _made():
    module = types.ModuleType("_socket", native.__doc__)
    module.__dict__.update(native.__dict__)
    for name, value in _LACKING.items():
        module.__dict__.setdefault(name, value)
    own = (
        socketpair, getaddrinfo, gethostbyname, gethostbyname_ex, gethostbyaddr, getnameinfo, gethostname,
        getservbyname, close, dup,
    )  # fmt: skip
    module.__dict__.update({function.__name__: function for function in own})
    module.socket = module.SocketType = socket
    return module


made = _made()
