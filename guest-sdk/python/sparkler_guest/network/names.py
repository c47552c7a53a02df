"""Names of servers, which a sandbox does not look up: each has an address that is made up for it.

The name is what the host gets when a request is sent, and only the host finds out where that is.
"""

import errno
import ipaddress

# Addresses for measurements inside of one network (RFC 2544), so that none is that of a server.
_FIRST = int(ipaddress.IPv4Address("198.18.0.1"))
_NAMES_MAX = 1 << 17

_SERVICES = {"http": 80, "https": 443}

_address_of = {}
_name_of = {}


def is_address(host):
    """Whether it is an address and no name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def address_of(name):
    """The address that stands for a name."""
    name = name.lower().rstrip(".")
    if name not in _address_of:
        if len(_address_of) >= _NAMES_MAX - 2:
            raise OSError(errno.ENOBUFS, f"more than {_NAMES_MAX - 2} names were looked up")
        address = str(ipaddress.IPv4Address(_FIRST + len(_address_of)))
        _address_of[name] = address
        _name_of[address] = name
    return _address_of[name]


def name_of(host):
    """The name that an address stands for; what is none of those stays as it is."""
    return _name_of.get(host, host)


def port_of(service):
    """The number of a port, of its name, or of its digits; `None` where it is none of them."""
    if service is None or service == "":
        return 0
    if isinstance(service, (bytes, bytearray)):
        service = bytes(service).decode("ascii", "replace")
    if isinstance(service, str) and not service.isdigit():
        return _SERVICES.get(service)
    return int(service)


def text(host):
    """A host as text, in the letters of names."""
    if isinstance(host, (bytes, bytearray)):
        return bytes(host).decode("ascii")
    return host if host.isascii() else host.encode("idna").decode("ascii")
