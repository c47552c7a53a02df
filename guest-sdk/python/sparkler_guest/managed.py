"""The interpreter of many functions: it imports the one whose sources lie below `/var/task` when the host says so."""

import gc
import importlib
import os
import random
import sys

from componentize_py_types import Err
from wit_world.imports import environment

from . import errors, json_text, late_imports, log, processes, sources, threads, time_zones
from .context import Context

# What most functions import: it is part of the interpreter's own memory then, and of no function's.
WARM = (
    "asyncio", "base64", "collections", "concurrent.futures", "copy", "dataclasses", "datetime", "decimal",
    "email.message", "enum", "functools", "hashlib", "hmac", "http.client", "io", "itertools", "json", "logging",
    "math", "operator", "os", "random", "re", "socket", "sqlite3", "ssl", "string", "time", "traceback", "typing",
    "urllib.parse", "urllib.request", "uuid", "zoneinfo",
)  # fmt: skip


class _State:
    """The function, once it was imported."""

    handler = None
    # Looked for in the memory of what is built: nothing that is written meanwhile is shown.
    version = None


def prepare():
    """Makes the interpreter ready at build time; gives the classes that the host calls."""
    roots = sources.take_charge()
    log.take_charge()
    threads.take_charge()
    processes.take_charge()
    for name in WARM:
        importlib.import_module(name)
    time_zones.embed()
    late_imports.embed(roots)
    _State.version = f"sparkler-python {'.'.join(map(str, sys.version_info[:3]))};"
    gc.collect()
    gc.freeze()
    return Handler, Lifecycle


class Handler:
    def handle(self, event, context):
        return _run(lambda: _answer(event, context))


class Lifecycle:
    def init(self):
        _run(_load)

    def after_restore(self):
        _run(_renew)


def _load():
    """Imports what `_HANDLER` names. What is there by the end is frozen, as at the end of a build."""
    _begin()
    root = os.environ.get("LAMBDA_TASK_ROOT", sources.TASK_ROOT)
    if root not in sys.path:
        sys.path.insert(0, root)
    os.chdir(root)
    importlib.invalidate_caches()
    _State.handler = _handler(os.environ.get("_HANDLER", ""))
    gc.collect()
    gc.freeze()


def _handler(named):
    module_name, separator, name = named.rpartition(".")
    if not separator or not module_name:
        raise json_text.Fault("Runtime.MalformedHandlerName", f"Bad handler '{named}'")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise json_text.Fault(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
        ) from error
    except SyntaxError as error:
        place = f"{os.path.basename(error.filename or '')}, line {error.lineno}"
        raise json_text.Fault(
            "Runtime.UserCodeSyntaxError",
            f"Syntax error in module '{module_name}': {error.msg} ({place})",
            [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'],
        ) from error
    try:
        return getattr(module, name)
    except AttributeError:
        raise json_text.Fault(
            "Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'"
        ) from None


def _renew():
    """Makes a sandbox that starts from a state differ from all others that do."""
    _begin()
    random.seed()
    if "tempfile" in sys.modules:
        sys.modules["tempfile"]._name_sequence = None


def _begin():
    os.environ.clear()
    os.environ.update(environment.get_environment())
    log.begin(None)


def _answer(event, call):
    log.begin(call)
    return json_text.of_answer(_State.handler(json_text.event(event), Context(call)))


def _run(action):
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
