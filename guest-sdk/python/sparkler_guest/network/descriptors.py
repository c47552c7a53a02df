"""Numbers by which connections are known, as files are by theirs."""

# Beyond those that the system gives.
_FIRST = 1 << 20

_channels = {}
_next = _FIRST


class Unconnected:
    """A socket before it is connected: it can be written to, and fails then."""

    host = None

    @staticmethod
    def can_read():
        """Whether there is something to read."""
        return False

    @staticmethod
    def can_write():
        """Whether a call would not wait."""
        return True

    @staticmethod
    def pollables(_want_read, _want_write):
        """Nothing happens to it."""
        return []

    def end_writing(self):
        """Nothing was written."""

    def close(self):
        """Nothing is open."""


def add(channel):
    """The number of a connection that is new."""
    global _next
    number, _next = _next, _next + 1
    _channels[number] = channel
    return number


def channel(number):
    """The connection with a number, if there is one."""
    return _channels.get(number)


def replace(number, channel):
    """Has a number be that of another connection."""
    _channels[number] = channel


def remove(number):
    """Forgets a number; gives its connection."""
    return _channels.pop(number, None)
