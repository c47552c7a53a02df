"""An event loop for `asyncio.run` in a sandbox, which has timers and no sockets to wait for."""

import asyncio
import asyncio.unix_events
import selectors
import time


class _Clock(selectors._BaseSelectorImpl):
    """A selector of nothing: it waits for the time alone."""

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError("nothing is left that could wake the event loop")
        if timeout > 0:
            time.sleep(timeout)
        return []


class _EventLoop(asyncio.SelectorEventLoop):
    """Asyncio's own, without the pair of sockets by which other threads would wake it."""

    def __init__(self):
        super().__init__(_Clock())

    def _make_self_pipe(self):
        pass

    def _close_self_pipe(self):
        pass

    def _write_to_self(self):
        pass


def take_charge():
    """Makes it the loop that asyncio makes."""
    asyncio.unix_events._UnixDefaultEventLoopPolicy._loop_factory = _EventLoop
