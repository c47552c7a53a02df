"""The function's log: `print`, `sys.stderr` and `logging`, as Lambda sets them up.

At run time the streams write straight to the host. The C library would keep its handles of them, which
a snapshot cannot hold.
"""

import io
import json
import logging
import os
import sys
import time
import traceback

from wit_world.imports import stdout

# What the host takes in one call.
WRITE_BYTES_MAX = 4096

# As Lambda indents in its log, so that a reader of lines does not take it for the start of one.
INDENTATION = "\u00a0"


class _State:
    """What is the same for all that write to the log."""

    request_id = ""
    tenant_id = None
    is_at_build = True
    is_json = False
    handle = None


class _HostStream(io.RawIOBase):
    """The log as a stream. Its handle is held no longer than an invocation."""

    def writable(self):
        return True

    def write(self, data):
        data = bytes(data)
        if _State.is_at_build:
            sys.__stderr__.buffer.write(data)
            return len(data)
        if _State.handle is None:
            _State.handle = stdout.get_stdout()
        for start in range(0, len(data), WRITE_BYTES_MAX):
            _State.handle.blocking_write_and_flush(data[start : start + WRITE_BYTES_MAX])
        return len(data)


class _TextFormatter(logging.Formatter):
    """Lambda's line: `[LEVEL]`, time, request id and message, with tabs between."""

    converter = time.gmtime

    def __init__(self):
        super().__init__(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
            "%Y-%m-%dT%H:%M:%S",
        )


class _JsonFormatter(logging.Formatter):
    """Lambda's object, one on each line."""

    converter = time.gmtime

    def format(self, record):
        entry = {
            "timestamp": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03d}Z",
            "level": _level_name(record.levelno),
            "message": record.msg if _is_object(record) else record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[0]:
            kind, error, trace = record.exc_info
            entry["stackTrace"] = traceback.format_tb(trace)
            entry["errorType"] = kind.__name__
            entry["errorMessage"] = str(error)
        if _State.request_id:
            entry["requestId"] = _State.request_id
        if record.exc_info:
            entry["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        if _State.tenant_id:
            entry["tenantId"] = _State.tenant_id
        for name, value in vars(record).items():
            if name not in _OF_RECORDS and value is not None:
                entry.setdefault(name, value)
        return json.dumps(entry, ensure_ascii=False, default=str)


# What every record has; all else was given with `extra`.
_OF_RECORDS = {*vars(logging.makeLogRecord({})), "message", "asctime", "aws_request_id", "tenant_id"}


def _level_name(number):
    """The name of a level: those in between count for the one below."""
    return logging.getLevelName(min(50, max(0, number)) // 10 * 10)


def _is_object(record):
    return isinstance(record.msg, dict) and not record.args


class _Handler(logging.Handler):
    """The root logger's handler."""

    formatters = {False: _TextFormatter(), True: _JsonFormatter()}

    def emit(self, record):
        try:
            record.aws_request_id = _State.request_id
            # A formatter that the function has set counts.
            formatter = self.formatter or self.formatters[_State.is_json]
            sys.stdout.write(formatter.format(record) + "\n")
        except Exception:
            self.handleError(record)


def is_at_build():
    """Whether the function is being built, where nothing of the host is there but its log."""
    return _State.is_at_build


def is_in_invocation():
    """Whether an event is being handled."""
    return bool(_State.request_id)


def take_charge():
    """Puts the streams and the root logger in place, at build time."""
    # One buffer for both, so that what is written first is in the log first.
    buffer = io.BufferedWriter(_HostStream(), WRITE_BYTES_MAX)
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(buffer, "utf-8", "backslashreplace", "\n", True, True) for _ in range(2)
    )
    logging.Formatter.converter = time.gmtime
    logging.getLogger().addHandler(_Handler())


def begin(call):
    """Says which invocation writes from here on; without one it is the setup."""
    _State.request_id = call.request_id if call else ""
    _State.tenant_id = call.tenant_id if call else None
    if _State.is_at_build:
        _State.is_at_build = False
        _State.is_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
        named = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
        # Python has no level below this one.
        level = logging.getLevelNamesMapping().get("DEBUG" if named == "TRACE" else named)
        if level is not None:
            logging.getLogger().setLevel(level)


def failure(error):
    """Writes an error as Lambda's runtime does."""
    if _State.is_json:
        entry = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "level": "ERROR",
            "errorMessage": error.error_message,
            "errorType": error.error_type,
            "requestId": _State.request_id,
            "stackTrace": error.stack_trace,
        }
        print(json.dumps(entry, ensure_ascii=False))
        return
    described = ": ".join(filter(None, [error.error_type, error.error_message]))
    lines = [f"[ERROR] {described}", "Traceback (most recent call last):"]
    for frame in error.stack_trace:
        lines += map(_indented, frame.splitlines())
    print("\n".join(lines))


def _indented(line):
    text = line.lstrip(" ")
    return INDENTATION * (len(line) - len(text)) + text


def end():
    """Sends what is left, and lets go of what a snapshot could not hold."""
    sys.stdout.flush()
    sys.stderr.flush()
    if _State.handle is not None:
        _State.handle.__exit__(None, None, None)
        _State.handle = None
