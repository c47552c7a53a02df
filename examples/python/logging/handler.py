"""Writes to the log in all the ways that Python has."""

import logging
import sys

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def handler(event, context):
    print("printed, in UTF-8: grüße, 你好")
    print("an error stream's line", file=sys.stderr)
    logger.debug("left out: the level is INFO")
    logger.info("an event with %d members", len(event))
    logger.warning("a warning")
    try:
        event["missing"]
    except KeyError:
        logger.exception("with its trace")
    return {"written": 5}
