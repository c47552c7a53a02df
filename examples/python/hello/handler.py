"""Greets who is named: an answer, an error with a type, and a line in the log."""

import time


class EmptyName(Exception):
    """Nobody to greet."""


def handler(event, context):
    name = event["name"]
    left = context.get_remaining_time_in_millis()
    print(f"greeting {name!r}, {left} ms before the deadline")
    time.sleep(event.get("sleep_ms", 0) / 1000)
    if not name:
        raise EmptyName('There is nobody to greet: `name` is empty. Send one, such as {"name": "Ada"}.')
    return {"message": f"Hello, {name}!"}
