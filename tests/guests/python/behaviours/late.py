"""Imported by a running handler, and so never at build time."""


def fail():
    raise LookupError("late, and still with its line")
