"""Between the JSON text of events and answers and the values of handlers."""

import decimal
import json
import marshal
from json import encoder


class Fault(Exception):
    """What Lambda's runtime itself finds wrong, and no exception of the user's code."""

    def __init__(self, error_type, message, stack_trace=()):
        super().__init__(message)
        self.error_type = error_type
        self.stack_trace = list(stack_trace)


def event(text):
    """The value of an event."""
    try:
        return json.loads(text)
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def of_answer(value):
    """The text of an answer: what is not ASCII stays as it is, in UTF-8. Bytes are the answer themselves."""
    if isinstance(value, bytes):
        return value
    try:
        return _text(value).encode()
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def _text(value):
    # `json` takes a named tuple for a list. What `marshal` takes is of Python's plain types all through, and it says
    # so in a fraction of the time that `json` needs.
    try:
        marshal.dumps(value, 2)
    except ValueError:
        return _written(value)
    return json.dumps(value, ensure_ascii=False, default=_of_other)


def _of_other(value):
    """Of the plain types, what JSON does not know."""
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _written(value):
    """The text of what has decimal numbers, named tuples, or types of the user's own in it, as AWS writes it."""
    if isinstance(value, str):
        return encoder.encode_basestring(value)
    if isinstance(value, decimal.Decimal):
        return "NaN" if value.is_nan() else str(value)
    if isinstance(value, tuple) and callable(getattr(value, "_asdict", None)):
        value = value._asdict()
    if isinstance(value, dict):
        members = (f"{_name(name)}: {_written(member)}" for name, member in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False, default=_of_other)


def _name(name):
    """A member's name: numbers and the like become text, as everywhere in JSON."""
    if isinstance(name, str):
        return encoder.encode_basestring(name)
    if name is None or isinstance(name, (int, float)):
        return f'"{json.dumps(name)}"'
    raise TypeError(f"keys must be str, int, float, bool or None, not {type(name).__name__}")
