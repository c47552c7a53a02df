"""`_ssl`: what Python's own `ssl` rests on. TLS is the host's, and so are the certificates that it trusts."""

import errno
import os
import types

from . import descriptors, sockets, tls_errors, tls_marks
from .tls_constants import CONSTANTS

# Collections of the world's public authorities that libraries bring along, by folder and file. The host has its own.
_PUBLIC = {("certifi", "cacert.pem"), ("botocore", "cacert.pem")}
_SYSTEM = ("/etc/ssl/", "/etc/pki/", "/usr/share/ca-certificates")

_OBJECTS = (
    (129, "serverAuth", "TLS Web Server Authentication", "1.3.6.1.5.5.7.3.1"),
    (130, "clientAuth", "TLS Web Client Authentication", "1.3.6.1.5.5.7.3.2"),
)

_TRUST = (
    "TLS is made by the host, which trusts the system's root certificates, or those in the file that "
    "SSL_CERT_FILE names where it was started"
)


def _setting(name, default):
    key = "_" + name + "_value"

    def get(self):
        return self.__dict__.get(key, default)

    def put(self, value):
        self.__dict__[key] = value

    return property(get, put)


class _SSLContext:
    """What a program wants of TLS."""

    def __new__(cls, protocol):
        self = super().__new__(cls)
        self._protocol_value = protocol
        is_client = protocol == CONSTANTS["PROTOCOL_TLS_CLIENT"]
        self._checks_name = is_client
        self._mode = CONSTANTS["CERT_REQUIRED"] if is_client else CONSTANTS["CERT_NONE"]
        self._protocols = []
        return self

    protocol = property(lambda self: self._protocol_value)
    security_level = property(lambda self: 2)
    options = _setting("options", CONSTANTS["OP_ALL"] | CONSTANTS["OP_NO_SSLv3"])
    verify_flags = _setting("verify_flags", 0x8000)
    minimum_version = _setting("minimum_version", CONSTANTS["PROTO_TLSv1_2"])
    maximum_version = _setting("maximum_version", CONSTANTS["PROTO_MAXIMUM_SUPPORTED"])
    keylog_filename = _setting("keylog_filename", None)
    num_tickets = _setting("num_tickets", 2)
    post_handshake_auth = _setting("post_handshake_auth", False)
    sni_callback = _setting("sni_callback", None)
    _host_flags = _setting("host_flags", 0)
    _msg_callback = _setting("msg_callback", None)

    @property
    def verify_mode(self):
        return self._mode

    @verify_mode.setter
    def verify_mode(self, mode):
        if mode == CONSTANTS["CERT_NONE"] and self._checks_name:
            raise ValueError("Cannot set verify_mode to CERT_NONE when check_hostname is enabled.")
        self._mode = int(mode)

    @property
    def check_hostname(self):
        return self._checks_name

    @check_hostname.setter
    def check_hostname(self, checks):
        self._checks_name = bool(checks)
        if checks and self._mode == CONSTANTS["CERT_NONE"]:
            self._mode = CONSTANTS["CERT_REQUIRED"]

    def load_verify_locations(self, cafile=None, capath=None, cadata=None):
        if cafile is None and capath is None and cadata is None:
            raise TypeError("cafile, capath and cadata cannot be all omitted")
        for path in (cafile, capath):
            if path is not None and not _is_public(os.fsdecode(path)):
                os.stat(path)
                raise _refused(f"the certificates of {os.fsdecode(path)} cannot be trusted: {_TRUST}")
        if cadata is not None:
            raise _refused(f"certificates of the function's own cannot be trusted: {_TRUST}")

    def load_cert_chain(self, certfile, keyfile=None, password=None):
        raise _refused("certificates of clients cannot be used: TLS is made by the host, which has none")

    def set_default_verify_paths(self):
        pass

    def set_ciphers(self, ciphers):
        pass

    def get_ciphers(self):
        return []

    def _set_alpn_protocols(self, encoded):
        self._protocols.clear()
        while encoded:
            length = encoded[0]
            self._protocols.append(bytes(encoded[1 : 1 + length]).decode("ascii"))
            encoded = encoded[1 + length :]

    def set_ecdh_curve(self, curve):
        pass

    def load_dh_params(self, path):
        pass

    def cert_store_stats(self):
        return {"x509": 0, "crl": 0, "x509_ca": 0}

    def get_ca_certs(self, binary_form=False):
        return []

    def session_stats(self):
        return {}

    def _wrap_socket(self, sock, server_side, server_hostname=None, *, owner=None, session=None):
        self._check(server_side, server_hostname)
        return _OfSocket(self, sock, server_hostname)

    def _wrap_bio(
        self, incoming, outgoing, server_side, server_hostname=None, *, owner=None, session=None
    ):
        self._check(server_side, server_hostname)
        return _OfMemory(self, incoming, outgoing, server_hostname)

    def _check(self, server_side, server_hostname):
        if server_side:
            raise _refused("a sandbox takes no connections")
        if self._checks_name and not server_hostname:
            raise ValueError("check_hostname requires server_hostname")
        if self._mode == CONSTANTS["CERT_NONE"]:
            raise _refused(f"certificates cannot be left unchecked: {_TRUST}. Add the server's there")


class _Encrypted:
    """A connection, once it is encrypted."""

    server_side = False
    session = None
    session_reused = False

    def __init__(self, context, server_hostname):
        self.context = context
        self.server_hostname = server_hostname

    def getpeercert(self, binary_form=False):
        """What the host makes sure of before it sends anything: that the server is the one named."""
        if binary_form:
            raise _refused("the certificate of a server is not known here: TLS is made by the host")
        from . import names

        name = self.server_hostname or ""
        kind = "IP Address" if names.is_address(name) else "DNS"
        return {"subject": ((("commonName", name),),), "subjectAltName": ((kind, name),)}

    def selected_alpn_protocol(self):
        return "http/1.1" if "http/1.1" in self.context._protocols else None

    def cipher(self):
        return None

    def shared_ciphers(self):
        return None

    def compression(self):
        return None

    def version(self):
        return None

    def pending(self):
        return 0

    def get_channel_binding(self, kind="tls-unique"):
        return None

    def get_verified_chain(self):
        return []

    get_unverified_chain = get_verified_chain

    def verify_client_post_handshake(self):
        raise _refused("certificates of clients cannot be used")


class _OfSocket(_Encrypted):
    """One over a socket."""

    def __init__(self, context, sock, server_hostname):
        super().__init__(context, server_hostname)
        self._socket = sock

    def do_handshake(self):
        descriptors.channel(self._socket.fileno()).start_tls(self.server_hostname)

    def read(self, size, buffer=None):
        try:
            if buffer is None:
                return sockets.socket.recv(self._socket, size)
            return sockets.socket.recv_into(self._socket, buffer, size)
        except BlockingIOError:
            raise _want_read() from None

    def write(self, data):
        try:
            return sockets.socket.send(self._socket, data)
        except BlockingIOError:
            raise tls_errors.SSLWantWriteError(CONSTANTS["SSL_ERROR_WANT_WRITE"], "no room") from None

    def shutdown(self):
        return self._socket


class _OfMemory(_Encrypted):
    """One whose bytes somebody else carries."""

    def __init__(self, context, incoming, outgoing, server_hostname):
        super().__init__(context, server_hostname)
        self._incoming, self._outgoing = incoming, outgoing
        self._has_asked = False

    def do_handshake(self):
        if not self._has_asked:
            self._has_asked = True
            self._outgoing.write(tls_marks.hello(self.server_hostname))
        if self._incoming.pending < len(tls_marks.READY):
            if self._incoming.eof:
                raise tls_errors.SSLEOFError(CONSTANTS["SSL_ERROR_EOF"], "the connection ended")
            raise _want_read()
        self._incoming.read(len(tls_marks.READY))

    def read(self, size, buffer=None):
        piece = self._incoming.read(size)
        if not piece and not self._incoming.eof:
            raise _want_read()
        if buffer is None:
            return piece
        memoryview(buffer)[: len(piece)] = piece
        return len(piece)

    def write(self, data):
        return self._outgoing.write(data)

    def shutdown(self):
        return None


class MemoryBIO:
    """Bytes that somebody carries to a connection, or from one."""

    def __init__(self):
        self._bytes = bytearray()
        self._is_ended = False

    pending = property(lambda self: len(self._bytes))
    eof = property(lambda self: self._is_ended and not self._bytes)

    def read(self, size=-1):
        size = len(self._bytes) if size < 0 else size
        piece = bytes(self._bytes[:size])
        del self._bytes[: len(piece)]
        return piece

    def write(self, data):
        view = memoryview(data).cast("B")
        self._bytes += view
        return len(view)

    def write_eof(self):
        self._is_ended = True


class SSLSession:
    """One that could be taken up again, of which there are none."""


def txt2obj(text, name=False):
    """One of the few objects of ASN.1 that programs ask for."""
    for found in _OBJECTS:
        if text == found[3] or (name and text in found[1:3]):
            return found
    raise ValueError(f"unknown object {text[:100]!r}")


def nid2obj(number):
    """The same, by its number."""
    for found in _OBJECTS:
        if found[0] == number:
            return found
    raise ValueError(f"unknown NID {number}")


def module():
    """`_ssl`, which WASI's Python does not have."""
    made = types.ModuleType("_ssl", __doc__)
    made.__dict__.update(CONSTANTS)
    for name in vars(tls_errors):
        if name.startswith("SSL"):
            setattr(made, name, getattr(tls_errors, name))
    for own in (_SSLContext, MemoryBIO, SSLSession, txt2obj, nid2obj):
        setattr(made, own.__name__, own)
    made.get_default_verify_paths = lambda: (
        "SSL_CERT_FILE", "/etc/ssl/cert.pem", "SSL_CERT_DIR", "/etc/ssl/certs",
    )  # fmt: skip
    made.RAND_bytes = os.urandom
    made.RAND_status = lambda: True
    made.RAND_add = lambda text, entropy: None
    return made


def _is_public(path):
    return tuple(path.split("/")[-2:]) in _PUBLIC or path.startswith(_SYSTEM)


def _refused(sentence):
    return tls_errors.SSLError(errno.EPROTONOSUPPORT, sentence)


def _want_read():
    return tls_errors.SSLWantReadError(CONSTANTS["SSL_ERROR_WANT_READ"], "nothing was received yet")
