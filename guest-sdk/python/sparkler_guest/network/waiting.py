"""Waiting for connections: `poll` and `select`."""

import errno
import select as native
import time
import types

from wit_world.imports import monotonic_clock
from wit_world.imports import poll as wasi_poll

from . import descriptors

READ = native.POLLIN | native.POLLRDNORM | native.POLLPRI
WRITE = native.POLLOUT | native.POLLWRNORM


def block(pollables, seconds):
    """Waits until one of them is ready, or for so many seconds at most; `None` is for ever."""
    timer = None if seconds is None else monotonic_clock.subscribe_duration(int(seconds * 1e9))
    everything = pollables if timer is None else [*pollables, timer]
    try:
        wasi_poll.poll(everything)
    finally:
        for pollable in everything:
            pollable.__exit__(None, None, None)


class Poll:
    """Which of many connections are ready."""

    def __init__(self):
        self._interests = {}

    def register(self, descriptor, events=native.POLLIN | native.POLLPRI | native.POLLOUT):
        """Has it be looked at."""
        self._interests[_number(descriptor)] = events

    def modify(self, descriptor, events):
        """Has it be looked at for something else."""
        number = _number(descriptor)
        if number not in self._interests:
            raise FileNotFoundError(errno.ENOENT, f"the descriptor {number} is not registered")
        self._interests[number] = events

    def unregister(self, descriptor):
        """Has it be looked at no more."""
        del self._interests[_number(descriptor)]

    def poll(self, timeout=None):
        """Waits for so many milliseconds, or for ever; gives descriptors and what they are ready for."""
        seconds = None if timeout is None or timeout < 0 else timeout / 1000
        return _wait(self._interests, seconds)


def select(readers, writers, others, timeout=None):
    """The older form of the same."""
    interests = {}
    for descriptors_of, events in ((readers, native.POLLIN), (writers, native.POLLOUT), (others, 0)):
        for descriptor in descriptors_of:
            number = _number(descriptor)
            interests[number] = interests.get(number, 0) | events
    if timeout is not None and timeout < 0:
        raise ValueError("timeout must be non-negative")
    ready = dict(_wait(interests, timeout))
    return (
        [reader for reader in readers if ready.get(_number(reader), 0) & ~WRITE],
        [writer for writer in writers if ready.get(_number(writer), 0) & ~READ],
        [],
    )


def module():
    """`select`, with these in the place of the system's."""
    made = types.ModuleType("select", native.__doc__)
    made.__dict__.update(native.__dict__)
    made.poll, made.select = Poll, select
    return made


def _wait(interests, seconds):
    deadline = None if seconds is None else time.monotonic() + seconds
    while True:
        ready = _ready(interests)
        left = None if deadline is None else deadline - time.monotonic()
        if ready or (left is not None and left <= 0):
            return ready
        pollables = _pollables(interests)
        if not pollables and left is None:
            raise RuntimeError("nothing is left that could end the waiting: no request is on its way")
        block(pollables, left)


def _ready(interests):
    found = []
    for number, events in interests.items():
        channel = descriptors.channel(number)
        if channel is None:
            # A file, which is always ready, or none at all.
            happened = events if number <= 2 else native.POLLNVAL
        else:
            happened = events & READ if events & READ and channel.can_read() else 0
            happened |= events & WRITE if events & WRITE and channel.can_write() else 0
        if happened:
            found.append((number, happened))
    return found


def _pollables(interests):
    found = []
    for number, events in interests.items():
        channel = descriptors.channel(number)
        if channel is not None:
            found += channel.pollables(bool(events & READ), bool(events & WRITE))
    return found


def _number(descriptor):
    return descriptor if isinstance(descriptor, int) else descriptor.fileno()
