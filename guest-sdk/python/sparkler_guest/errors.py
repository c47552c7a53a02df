"""Exceptions of the user's code, in the form in which Lambda's Python runtime gives them."""

import sys
import traceback

from wit_world.imports.sparkler_function_types import FunctionError

from .json_text import Fault

# Around what the build shows of a function that cannot be imported.
BUILD_ERROR_BEGIN = "----- sparkler: the function cannot be imported -----"
BUILD_ERROR_END = "----- sparkler: end -----"

# The host keeps 256 frames from the first on; what failed is the last one.
FRAMES_MAX = 250

_HERE = __file__.rpartition("/")[0] + "/"


def of(error):
    """The error for the host."""
    if isinstance(error, Fault):
        return FunctionError(error.error_type, str(error), error.stack_trace)
    return FunctionError(type(error).__name__, _message(error), _frames(error))


def exit_status(exit):
    """The status that Python would end with."""
    if exit.code is None or isinstance(exit.code, int):
        return (exit.code or 0) & 0xFF
    print(exit.code, file=sys.stderr)
    return 1


def tell_build(error):
    """Writes why a function cannot be imported, where `sparkler build` finds it."""
    own = traceback.TracebackException.from_exception(error)
    while own.stack and _is_outside(own.stack[0].filename):
        del own.stack[0]
    lines = "".join(own.format())
    print(BUILD_ERROR_BEGIN, lines, BUILD_ERROR_END, sep="\n", file=sys.stderr)


def _message(error):
    try:
        return str(error)
    except Exception:
        return f"<{type(error).__name__} without text>"


def _frames(error):
    """The frames of the user's code and of what it called, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    # What takes the place of modules in C has no frames there either.
    entries = [
        (frame.filename, frame.lineno, frame.name, frame.line)
        for frame in frames
        if not frame.filename.startswith(_HERE)
    ]
    texts = traceback.format_list(entries)
    if len(texts) > FRAMES_MAX:
        left_out = f"  [{len(texts) - FRAMES_MAX} frames are left out]\n"
        texts[FRAMES_MAX // 2 : -FRAMES_MAX // 2] = [left_out]
    return texts


def _is_outside(filename):
    return filename.startswith(_HERE) or filename.startswith("<frozen ") or "/importlib/" in filename
