"""Between the JSON text of events and answers and the values of handlers."""

import json


class Fault(Exception):
    """An event or an answer that is no JSON, which is not an exception of the user's code."""

    def __init__(self, error_type, message):
        super().__init__(message)
        self.error_type = error_type


def event(text):
    """The value of an event."""
    try:
        return json.loads(text)
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def of_answer(value):
    """The text of an answer: what is not ASCII stays as it is, in UTF-8."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None
