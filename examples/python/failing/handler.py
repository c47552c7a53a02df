"""Fails in the ways in which a function can, as its event says."""

import sys


class SoldOut(Exception):
    """An exception of one's own: its name is the error's type."""


def sell(item):
    if item == "":
        raise ValueError("nothing has no name")
    raise SoldOut(f"No {item} is left.")


def handler(event, context):
    how = event["how"]
    if how == "error":
        return sell(event.get("item", "apple"))
    if how == "answer":
        return {"apples": {1, 2, 3}}
    if how == "exit":
        sys.exit(event.get("code", 1))
    if how == "recursion":
        return handler(event, context)
    if how == "none":
        return None
    raise ValueError(f"nobody knows how to fail by {how!r}")
