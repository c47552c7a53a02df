"""Requests that have no response: what the host says of them, as the exceptions that sockets raise."""

import errno

from ..log import is_in_invocation
from . import tls_errors


def of(code, origin):
    """The exception for an error code of `wasi:http`, for a request to `origin`."""
    name = type(code).__name__.removeprefix("ErrorCode_")
    make = _KINDS.get(name, _other)
    return make(name, code, origin)


def _denied(_name, _code, origin):
    if not is_in_invocation():
        return PermissionError(
            errno.EACCES,
            f"http request to {origin} denied: while a function is initialized for a snapshot, none is "
            f"sent; otherwise no rule allows it, then add {origin} to SPARKLER_ALLOW_HTTP",
        )
    return PermissionError(
        errno.EACCES,
        f"http request to {origin} denied: no rule allows it; add {origin} to SPARKLER_ALLOW_HTTP",
    )


def _prohibited(_name, _code, origin):
    return PermissionError(
        errno.EACCES,
        f"http request to {origin} denied: its address is not public, and no rule names that; the log "
        "says which rule to add to SPARKLER_ALLOW_HTTP, if that is meant",
    )


def _unknown(_name, _code, origin):
    import socket

    return socket.gaierror(socket.EAI_NONAME, f"{origin}: its name is not known")


def _lost(name, code, origin):
    return ConnectionResetError(errno.ECONNRESET, f"{origin}: {_told(name, code)}")


def _late(name, code, origin):
    return TimeoutError(errno.ETIMEDOUT, f"{origin}: {_told(name, code)}")


def _certificate(_name, _code, origin):
    return tls_errors.SSLCertVerificationError(
        1,
        f"{origin}: its certificate was not accepted; the log says why. The host makes TLS, and trusts the "
        "system's root certificates, or those in the file that SSL_CERT_FILE names where it was started",
    )


def _tls(name, code, origin):
    return tls_errors.SSLError(1, f"{origin}: {_told(name, code)}")


def _other(name, code, origin):
    return OSError(errno.EPROTO, f"{origin}: {_told(name, code)}")


def _plain(number):
    return lambda name, code, origin: OSError(number, f"{origin}: {_told(name, code)}")


def _told(name, code):
    """`HttpResponseBodySize` with 5 becomes `http response body size (5)`."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    detail = getattr(code, "value", None)
    return words if detail is None else f"{words} ({detail})"


_KINDS = {
    "HttpRequestDenied": _denied,
    "DestinationIpProhibited": _prohibited,
    "DnsError": _unknown,
    "DestinationNotFound": _unknown,
    "DnsTimeout": _late,
    "ConnectionTimeout": _late,
    "ConnectionReadTimeout": _late,
    "ConnectionWriteTimeout": _late,
    "HttpResponseTimeout": _late,
    "ConnectionRefused": lambda name, code, origin: ConnectionRefusedError(
        errno.ECONNREFUSED, f"{origin}: {_told(name, code)}"
    ),
    "ConnectionTerminated": _lost,
    "HttpResponseIncomplete": _lost,
    "DestinationUnavailable": _plain(errno.EHOSTUNREACH),
    "DestinationIpUnroutable": _plain(errno.EHOSTUNREACH),
    "ConnectionLimitReached": _plain(errno.EMFILE),
    "TlsCertificateError": _certificate,
    "TlsProtocolError": _tls,
    "TlsAlertReceived": _tls,
}
