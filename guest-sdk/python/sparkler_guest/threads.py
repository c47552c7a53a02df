"""Threads, of which a sandbox has one: what is to run beside it runs in its place, when it is started.

That is what a program sees that waits for its threads, or a pool of one. What needs two at once is told so.
"""

import _thread
import contextvars
import os
import threading
from concurrent.futures import _base, thread

_ONE = "a sandbox has one thread"


def take_charge():
    """Puts them in place."""
    threading.Thread.start = _start
    threading.Condition.wait = _wait
    thread.ThreadPoolExecutor.submit = _submit
    if os.cpu_count() is None:
        os.cpu_count = os.process_cpu_count = lambda: 1


def _start(self):
    """Runs the thread to its end."""
    if not self._initialized:
        raise RuntimeError("thread.__init__() not called")
    if self._started.is_set():
        raise RuntimeError("threads can only be started once")
    if self.daemon or isinstance(self, threading.Timer):
        kind = "a timer" if isinstance(self, threading.Timer) else "a daemon"
        raise RuntimeError(
            f"can't start new thread: {_ONE}, so {kind} cannot run beside it. A thread that ends by itself "
            "runs to its end when it is started"
        )
    starter = threading.current_thread()
    self._ident = _thread.get_ident()
    self._os_thread_handle = threading._make_thread_handle(self._ident)
    self._started.set()
    threading._active[self._ident] = self
    try:
        _run(self)
    finally:
        threading._active[self._ident] = starter
        self._os_thread_handle._set_done()


def _run(self):
    try:
        (self._context or contextvars.Context()).run(self.run)
    except SystemExit:
        pass
    except Exception:
        self._invoke_excepthook(self)


_wait_for_others = threading.Condition.wait


def _wait(self, timeout=None):
    """Waits for the time alone: nobody else is there who could do what is waited for."""
    if timeout is None:
        raise RuntimeError(
            f"deadlock: {_ONE}, and it waits for what another would have to do. What is to be done first has "
            "to be started, or put, first"
        )
    return _wait_for_others(self, timeout)


def _submit(self, function, /, *args, **kwargs):
    """Runs it at once, in the place of a worker."""
    if self._broken:
        raise thread.BrokenThreadPool(self._broken)
    if self._shutdown:
        raise RuntimeError("cannot schedule new futures after shutdown")
    worker = self.__dict__.get("_worker")
    if worker is None:
        worker = self._create_worker_context()
        try:
            worker.initialize()
        except Exception:
            _base.LOGGER.critical("Exception in initializer:", exc_info=True)
            self._initializer_failed()
            raise thread.BrokenThreadPool(self._broken) from None
        self._worker = worker
    future = _base.Future()
    task = self._resolve_work_item_task(function, args, kwargs)
    thread._WorkItem(future, task).run(worker)
    return future
