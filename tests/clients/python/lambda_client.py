"""What the scenarios share: a client as anyone would make it, and the log tail taken apart."""
import base64
import re
import sys
from pathlib import Path

import boto3
from botocore.config import Config

BEHAVIOURS = Path(sys.argv[1]).read_bytes()
ECHO = Path(sys.argv[2]).read_bytes()

REPORT = re.compile(
    r"REPORT RequestId: (?P<id>[0-9a-f-]{36})\tDuration: (?P<duration>\d+\.\d\d) ms\t"
    r"Billed Duration: (?P<billed>\d+) ms\tMemory Size: (?P<size>\d+) MB\t"
    r"Max Memory Used: (?P<used>\d+) MB\t(?:Init Duration: (?P<init>\d+\.\d\d) ms\t)?"
    r"(?:Status: (?P<status>\w+)(?:\tError Type: (?P<error>[\w.]+))?)?\n$")


def client():
    """The endpoint, the region and the credentials come from the environment, as for any user."""
    return boto3.client("lambda", config=Config(retries={"max_attempts": 0}))


def create(aws, name, code, **settings):
    """Creates a function and waits until it can be invoked."""
    made = aws.create_function(
        FunctionName=name, Runtime="provided.al2023", Handler="handler",
        Role="arn:aws:iam::123456789012:role/tests", Code={"ZipFile": code}, **settings)
    aws.get_waiter("function_active_v2").wait(FunctionName=name)
    return made


def tail_of(reply):
    """The log tail of an answer, as text."""
    return base64.b64decode(reply["LogResult"]).decode()


def report_of(reply):
    """The figures of the REPORT line."""
    found = REPORT.search(tail_of(reply))
    assert found, f"no REPORT line in {tail_of(reply)!r}"
    return found
