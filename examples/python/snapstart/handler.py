"""Looks words up in a table that takes about a second to build.

Without SnapStart each fresh sandbox builds it before its first event. With SnapStart it is built once,
when a version is published, and every sandbox starts with the table in its memory.
"""

import random

SIZE = 200_000
TABLE = {}
# Made when the function is built, and so with the same seed in all sandboxes: it gets another one below.
dice = random.Random()


def init():
    """Runs when a version with SnapStart is published, otherwise in each sandbox before its first event."""
    dice.seed()
    word = 1
    for _ in range(SIZE):
        word = word * 48271 % 2147483647
        TABLE[f"{word:08x}"[:8]] = sum(int(digit) for digit in str(word))
    print(f"the table has {len(TABLE)} words")


def after_restore():
    """Runs in each sandbox that starts from the snapshot: what it draws must not be the same in all."""
    dice.seed()


def handler(event, context):
    word = event.get("word", "0000bc8f")
    return {"word": word, "value": TABLE.get(word), "draw": dice.random()}
