"""Where the host enters: handling events, and the function's own setup before the first of them."""

import gc
import importlib
import inspect
import os
import random
import sys

from componentize_py_types import Err
from wit_world.imports import environment

from . import errors, json_text, late_imports, log, processes, sources, task_files, threads, time_zones
from .context import Context


class Function:
    """The user's module: its handler and its hooks."""

    def __init__(self, handler_name):
        module_name, separator, name = handler_name.rpartition(".")
        if not separator:
            raise ValueError(
                f"'{handler_name}' names no handler: it is MODULE.FUNCTION, such as handler.handler"
            )
        module = importlib.import_module(module_name.replace("/", "."))
        self.handler = getattr(module, name, None)
        if not callable(self.handler):
            raise AttributeError(f"the module '{module_name}' has no function '{name}'")
        if inspect.iscoroutinefunction(self.handler):
            raise TypeError(
                f"'{handler_name}' is an async function; a handler is an ordinary one, which may "
                "call asyncio.run"
            )
        self._init = getattr(module, "init", None)
        self._after_restore = getattr(module, "after_restore", None)
        self._is_ready = False

    def get_ready(self):
        """Runs the user's `init`, once."""
        if not self._is_ready:
            log.begin(None)
            if callable(self._init):
                self._init()
                gc.freeze()
            self._is_ready = True

    def renew(self):
        """Makes a sandbox that starts from a snapshot differ from all others that do."""
        os.environ.clear()
        os.environ.update(environment.get_environment())
        random.seed()
        if "tempfile" in sys.modules:
            sys.modules["tempfile"]._name_sequence = None
        log.begin(None)
        if callable(self._after_restore):
            self._after_restore()

    def answer(self, event, call):
        """What the handler answers to an event, both as JSON text."""
        self.get_ready()
        log.begin(call)
        return json_text.of_answer(self.handler(json_text.event(event), Context(call)))


def prepare(handler_name):
    """Imports the function at build time; gives the classes that the host calls.

    What is there by the end is frozen: a collection would write into all of it, and each page of the image
    that is written to is copied.
    """
    roots = sources.take_charge()
    log.take_charge()
    threads.take_charge()
    processes.take_charge()
    try:
        function = Function(handler_name)
    except BaseException as error:
        errors.tell_build(error)
        raise
    time_zones.embed()
    task_files.embed(roots)
    late_imports.embed(roots)
    gc.freeze()
    return _exports(function)


def _exports(function):
    class Handler:
        def handle(self, event, context):
            return _run(lambda: function.answer(event, context), context.request_id)

    class Lifecycle:
        def init(self):
            _run(function.get_ready, None)

        def after_restore(self):
            _run(function.renew, None)

    return Handler, Lifecycle


def _run(action, request_id):
    """Runs the user's code; whatever it raises becomes an error of the function."""
    try:
        return action()
    except SystemExit as exit:
        log.end()
        os._exit(errors.exit_status(exit))
    except BaseException as error:
        failure = errors.of(error)
        log.failure(failure)
        raise Err(failure) from None
    finally:
        log.end()
