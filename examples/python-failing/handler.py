"""Fails in the way that its event asks for."""

import sys


class OutOfTea(Exception):
    """The worst that can happen."""


def brew(cups):
    if cups > 1:
        return brew(cups - 1)
    raise OutOfTea("There is no tea.")


def handler(event, context):
    how = event["how"]
    if how == "exception":
        return brew(event.get("cups", 1))
    if how == "unserializable":
        return {"cups": {1, 2, 3}}
    if how == "exit":
        sys.exit(event.get("code", 1))
    if how == "recursion":
        return handler(event, context)
    raise ValueError(f"nobody knows how to fail by {how!r}")
