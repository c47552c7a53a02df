"""The handler, and one function for each behaviour."""

import asyncio
import collections
import decimal
import logging
import os
import queue
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import idna

WORDS = (Path(__file__).parent.parent / "words.txt").read_text().strip()
AT_BUILD = dict(os.environ)
STARTS = []
Place = collections.namedtuple("Place", "x y")


def init():
    STARTS.append(os.environ["AWS_LAMBDA_FUNCTION_NAME"])


def handle(event, context):
    return globals()["do_" + event["do"]](event, context)


def do_echo(event, context):
    return event["value"]


def do_context(event, context):
    client = context.client_context
    return {
        "aws_request_id": context.aws_request_id,
        "function_name": context.function_name,
        "function_version": context.function_version,
        "invoked_function_arn": context.invoked_function_arn,
        "memory_limit_in_mb": context.memory_limit_in_mb,
        "log_group_name": context.log_group_name,
        "log_stream_name": context.log_stream_name,
        "remaining_ms": context.get_remaining_time_in_millis(),
        "tenant_id": context.tenant_id,
        "identity": context.identity.cognito_identity_id,
        "custom": client.custom if client else None,
        "app_title": client.client.app_title if client else None,
    }


def do_build_time(event, context):
    return {"words": WORDS, "variables": AT_BUILD, "starts": STARTS}


def do_imports(event, context):
    import colorsys
    import datetime

    return {
        "hsv": colorsys.rgb_to_hsv(1, 1, 1),
        "year": datetime.datetime.strptime("2026", "%Y").year,
        "codec": "é".encode("cp1252").hex(),
        "package": idna.encode("grüße").decode(),
    }


def do_late_failure(event, context):
    from behaviours import late

    late.fail()


def do_missing_import(event, context):
    import nothing_of_this_name  # noqa: F401


def do_sleeps(event, context):
    async def both():
        return await asyncio.gather(asyncio.sleep(0.01, "one"), asyncio.sleep(0.02, "two"))

    return asyncio.run(both())


def do_random(event, context):
    return random.random()


def do_size(event, context):
    return len(event["value"])


def do_exit(event, context):
    print("leaving")
    sys.exit(event["code"])


def do_recursion(event, context):
    return do_recursion(event, context)


def do_print_and_sleep(event, context):
    print("before the deadline")
    time.sleep(60)


def do_values(event, context):
    return {
        "price": decimal.Decimal("12.50"),
        "places": [Place(1, Place(2, 3))],
        "text": "grüße".encode(),
    }


def do_bytes(event, context):
    return b'{"as": "it is"}'


def do_library_failure(event, context):
    import csv

    csv.DictReader(5)


def do_log(event, context):
    logger = logging.getLogger("orders")
    logger.debug("left out")
    logger.warning("an order", extra={"orderId": 7})
    logger.warning({"an": "object"})
    try:
        {}["missing"]
    except KeyError:
        logger.exception("failed")


def do_threads(event, context):
    ran = []
    threads = [threading.Thread(target=ran.append, args=[number]) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ThreadPoolExecutor(4) as pool:
        squares = list(pool.map(lambda number: number**2, range(4)))
        failed = type(pool.submit(int, "x").exception()).__name__
    awaited = asyncio.run(asyncio.to_thread(lambda: threading.current_thread().name))
    return [ran, squares, failed, awaited]


def do_deadlock(event, context):
    queue.Queue().get()


def do_timer(event, context):
    threading.Timer(60, print).start()


def do_processes(event, context):
    import multiprocessing

    assert multiprocessing.cpu_count() == 1
    multiprocessing.Process(target=print).start()


def do_sqlite(event, context):
    import sqlite3

    path = "/tmp/orders.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table orders (id integer)")
        connection.execute("insert into orders values (7)")
    return sqlite3.connect(path).execute("select id from orders").fetchall()


def do_places(event, context):
    import zoneinfo

    import datetime

    noon = datetime.datetime(2026, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    return [os.getcwd(), os.environ["LAMBDA_TASK_ROOT"], noon.isoformat()]
