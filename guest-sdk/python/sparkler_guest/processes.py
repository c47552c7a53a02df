"""Processes, of which a sandbox has one: `multiprocessing` can be imported, and says so when it is used."""

import errno
import os
import sys
import types

_ONE = "a sandbox has one process"


def take_charge():
    """Puts in place what `multiprocessing` asks the system for."""
    os.pipe = os.waitpid = os.waitstatus_to_exitcode = _refuse
    os.WNOHANG = 1
    module = types.ModuleType("_multiprocessing", __doc__)
    module.SemLock = _SemLock
    module.sem_unlink = _refuse
    module.flags = {}
    sys.modules["_multiprocessing"] = module
    shared = types.ModuleType("_posixshmem", __doc__)
    shared.shm_open = shared.shm_unlink = _refuse
    sys.modules["_posixshmem"] = shared


class _SemLock:
    """A lock between processes."""

    SEM_VALUE_MAX = 0x7FFFFFFF

    def __init__(self, *_arguments):
        _refuse()


def _refuse(*_arguments):
    raise OSError(errno.ENOSYS, f"{_ONE}: nothing can be shared with another")
