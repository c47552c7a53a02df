"""Functions in every language answer the same, and fail the same.

Called with LANGUAGE ECHO FAILING for each language, the latter two being components in zips; the first
language has no FAILING.
"""
import json
import sys
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

aws = boto3.client("lambda", config=Config(retries={"max_attempts": 0}))
LANGUAGES = [sys.argv[at:at + 3] for at in range(1, len(sys.argv), 3)]

EVENTS = [
    None, True, 0, -1.5, "", "grüße, 世界 \U0001f600 \" \\ \n \u0000", [], {}, [[[]]],
    {"b": [1, 2.5, None, False], "a": {"deep": "x" * 100_000}, "": ""},
    "x" * (6 * 1024 * 1024 - 2),
]
REFUSED = [
    b"{", b"", b"\xff", b"[1,]", b'"' + b"x" * (6 * 1024 * 1024) + b'"',
]


def create(name, code):
    aws.create_function(
        FunctionName=name, Runtime="provided.al2023", Handler="handler", MemorySize=128, Timeout=30,
        Role="arn:aws:iam::123456789012:role/tests", Code={"ZipFile": Path(code).read_bytes()})


def answer_of(name, payload):
    """The answer, or how the call was refused; equal where nothing differs that a caller can see."""
    try:
        reply = aws.invoke(FunctionName=name, Payload=payload)
    except ClientError as refusal:
        error = refusal.response["Error"]
        return error["Code"], error["Message"]
    answer = json.load(reply["Payload"])
    return reply["StatusCode"], reply.get("FunctionError"), reply["ExecutedVersion"], answer


for language, echo, failing in LANGUAGES:
    create(f"languages-echo-{language}", echo)
    if failing:
        create(f"languages-failing-{language}", failing)
for language, _, failing in LANGUAGES:
    aws.get_waiter("function_active_v2").wait(FunctionName=f"languages-echo-{language}")
    if failing:
        aws.get_waiter("function_active_v2").wait(FunctionName=f"languages-failing-{language}")

for event in EVENTS:
    for language, _, _ in LANGUAGES:
        answer = answer_of(f"languages-echo-{language}", json.dumps(event))
        assert answer == (200, None, "$LATEST", event), (language, str(answer)[:500])

for payload in REFUSED:
    first, *others = [
        (language, answer_of(f"languages-echo-{language}", payload)) for language, _, _ in LANGUAGES]
    for language, answer in others:
        assert answer == first[1], (language, answer, first)

for language, _, failing in LANGUAGES:
    if not failing:
        continue
    name = f"languages-failing-{language}"
    status, kind, _, error = answer_of(name, json.dumps({"how": "error"}))
    assert (status, kind) == (200, "Unhandled"), (language, error)
    assert (error["errorType"], error["errorMessage"]) == ("SoldOut", "No apple is left."), (language, error)
    assert any("handler." in frame for frame in error["stackTrace"]), (language, error)
    assert answer_of(name, json.dumps({"how": "none"}))[3] is None, language

for language, _, failing in LANGUAGES:
    aws.delete_function(FunctionName=f"languages-echo-{language}")
    if failing:
        aws.delete_function(FunctionName=f"languages-failing-{language}")
