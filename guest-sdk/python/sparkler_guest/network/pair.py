"""Two ends that are connected with each other, in memory: `socketpair`."""

import errno

from .channel import WINDOW_BYTES


class End:
    """One of both ends."""

    host = ""

    def __init__(self):
        self._received = bytearray()
        self._is_at_end = False
        self.other = None

    def write(self, data):
        """Takes bytes as far as there is room; says how many."""
        if self.other is None or self.other._is_at_end:
            raise BrokenPipeError(errno.EPIPE, "the other end is closed")
        taken = bytes(data[: WINDOW_BYTES - len(self.other._received)])
        self.other._received += taken
        return len(taken)

    def read(self, limit, is_kept=False):
        """Bytes that were received; `None` where none are there yet, none at the end."""
        if not self.can_read():
            return None
        piece = bytes(self._received[:limit])
        if not is_kept:
            del self._received[: len(piece)]
        return piece

    def can_write(self):
        """Whether there is room, or nobody left."""
        return self.other is None or len(self.other._received) < WINDOW_BYTES

    def can_read(self):
        """Whether there are bytes, or the end."""
        return bool(self._received) or self._is_at_end

    def pollables(self, _want_read, _want_write):
        """Nothing outside makes a difference to it."""
        return []

    def end_writing(self):
        """The program writes no more."""
        if self.other is not None:
            self.other._is_at_end = True

    def close(self):
        """Ends it."""
        self.end_writing()
        self._is_at_end = True
        self.other = None


def pair():
    """Both ends."""
    ends = End(), End()
    ends[0].other, ends[1].other = ends[1], ends[0]
    return ends
